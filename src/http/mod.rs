//! Third floor: what every face shares of HTTP. Knows no dialect, no page and no store.
//!
//! Reading order: [`edge`] (what happens to every request, whoever answers it), [`fault`] (what the transport itself
//! refuses, and in whose words), [`request_id`]; then what a face reads: [`body`], [`params`], [`cookies`],
//! [`client_address`]; what it checks: [`csrf`], [`cors`]; what it answers with: [`headers`], [`routing`];
//! what all of them keep at hand: [`desk`], [`visit`], [`flash`], [`paths`], [`directory`];
//! and what is counted: [`metrics`]. Of pages: [`page`] (the frame and the answer), [`assets`] (files under hashed names),
//! [`when`] (moments in words), [`views`] (the problem page and the form-post page, which every face may need).

pub mod assets;
pub mod body;
pub mod client_address;
pub mod cookies;
pub mod cors;
pub mod csrf;
pub mod desk;
pub mod directory;
pub mod edge;
pub mod fault;
pub mod flash;
pub mod headers;
pub mod metrics;
pub mod page;
pub mod params;
pub mod paths;
pub mod request_id;
pub mod routing;
pub mod sample;
pub mod theme;
pub mod views;
pub mod visit;
pub mod when;
