//! The cookies of a browser in a test.

use std::collections::BTreeMap;
use std::sync::Mutex;

use http::HeaderMap;

/// Cookies by name. All of ours lie at the root, so a path never matters.
#[derive(Debug, Default)]
pub struct Jar(Mutex<BTreeMap<String, String>>);

impl Jar {
    /// All of them, by name.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.0.lock().expect("no thread died with the cookies").clone()
    }

    /// The `Cookie` header; empty without cookies.
    pub fn header(&self) -> String {
        self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Keeps what an answer sets, and forgets what it ends.
    pub fn keep(&self, headers: &HeaderMap) {
        let mut cookies = self.0.lock().expect("no thread died with the cookies");
        for line in headers.get_all("set-cookie") {
            let line = line.to_str().expect("a cookie of visible ASCII");
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            if value.is_empty() || attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Clone for Jar {
    fn clone(&self) -> Jar {
        Jar(Mutex::new(self.cookies()))
    }
}
