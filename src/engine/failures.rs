//! Failures that outsiders can cause without limit, on their way into the activity log.

use crate::model::audit::AuditRecord;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::Engine;

impl Engine {
    /// Records a failure, or counts it when there were many of its kind this minute. A store that cannot write does not
    /// change what the stranger is told: such a failure is counted as well.
    pub(crate) async fn note_failure(&self, record: AuditRecord) {
        if !self.tally.records(record.kind, record.at) {
            return;
        }
        let mut changes = Changes::new();
        changes.create(&record);
        if let Err(reason) = self.ledger.commit(changes).await {
            tracing::warn!(%reason, request = record.request, "a failure could not be recorded and is counted instead");
            self.tally.put_back_failures([(record.kind, 1)].into());
        }
    }
}
