//! The parameter `device_id`: a UUID that names somebody's device and stays with the grant.

use crate::model::client::Client;
use crate::model::grant::Grant;
use crate::model::refusal::Refusal;

/// Reads it in lower case; refuses anything but a UUID (RFC 9562, section 4), and nothing where the client needs one.
pub(super) fn read(text: Option<&str>, client: &Client) -> Result<Option<String>, Refusal> {
    match text.filter(|text| !text.is_empty()) {
        None if client.require_device_id => Err(Refusal::DeviceMissing),
        None => Ok(None),
        Some(text) if is_uuid(text) => Ok(Some(text.to_ascii_lowercase())),
        Some(_) => Err(Refusal::ParameterMalformed("device_id")),
    }
}

/// The grant, bound to the device that was named; refuses another than the one it is bound to.
pub(super) fn bind(grant: &Grant, device: Option<&String>) -> Result<Grant, Refusal> {
    Ok(Grant { device_id: bound(grant.device_id.as_ref(), device)?, ..grant.clone() })
}

/// What something is bound to from now on that was bound to `before`.
pub(super) fn bound(before: Option<&String>, device: Option<&String>) -> Result<Option<String>, Refusal> {
    match (before, device) {
        (Some(bound), Some(named)) if bound != named => Err(Refusal::DeviceDiffers),
        (before, named) => Ok(before.or(named).cloned()),
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths = parts.iter().map(|part| part.len());
    lengths.eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
}
