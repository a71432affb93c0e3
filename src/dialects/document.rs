//! Finishing a generated OpenAPI document where the generator falls short.

use std::collections::HashMap;
use std::marker::PhantomData;

use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use poem_openapi::registry::{MetaApi, Registry};
use poem_openapi::types::Type;
use poem_openapi::{OpenApi, OpenApiService};
use serde_json::{Map, Value, json};

/// What a document says about itself.
pub struct Description {
    /// Its title.
    pub title: &'static str,
    /// What the interface is for.
    pub summary: &'static str,
}

/// An API that is described and not served: the generator asks for an instance, a description needs none.
struct Described<T>(PhantomData<T>);

impl<T: OpenApi> OpenApi for Described<T> {
    fn meta() -> Vec<MetaApi> {
        T::meta()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn add_routes(self, _: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {}
}

/// What the generator writes about `T`.
pub fn generate<T: OpenApi>() -> String {
    OpenApiService::new(Described::<T>(PhantomData), "", "").spec()
}

/// The schema of `T` alone, as [`generate`] would write it: the description of a query that no form resembles.
pub fn generate_schema<T: Type>() -> String {
    let mut registry = Registry::new();
    T::register(&mut registry);
    json!({ "components": { "schemas": registry.schemas } }).to_string()
}

/// An endpoint whose GET takes in its query what its POST takes in a form, or whose POST takes both ways.
pub struct QueryLike {
    /// The path, prefix included.
    pub path: &'static str,
    /// The schema of the form.
    pub schema: &'static str,
}

/// One generated document and the path it is mounted below.
pub struct Part {
    /// As [`generate`] or [`generate_schema`] wrote it.
    pub generated: String,
    /// `/oauth`, or empty.
    pub prefix: &'static str,
}

/// Joins the parts of one dialect into the document that is served and committed: paths with their prefixes, one server,
/// security stated where an operation has none, keys in a stable order.
pub fn finish(about: &Description, parts: &[Part], queries: &[QueryLike]) -> String {
    let mut paths = Map::new();
    let mut components: Map<String, Value> = Map::new();
    for part in parts {
        // The generator writes JSON; what it writes can be read.
        let mut generated: Value = serde_json::from_str(&part.generated).expect("the generator writes JSON");
        for (path, operations) in take_object(&mut generated, "paths") {
            paths.insert(format!("{}{path}", part.prefix), operations);
        }
        for (kind, named) in take_object(&mut generated, "components") {
            let known = components.entry(kind).or_insert_with(|| json!({}));
            if let (Value::Object(known), Value::Object(named)) = (known, named) {
                known.extend(named);
            }
        }
    }
    for query in queries {
        let parameters = parameters(&components["schemas"][query.schema]);
        match &mut paths[query.path] {
            operations if operations.get("get").is_some() => operations["get"]["parameters"] = parameters,
            operations => operations["post"]["parameters"] = unrequired(parameters),
        }
    }
    forget_unused(&mut components, &paths);
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    operations.for_each(state_security);
    let document = json!({
        "openapi": "3.0.0",
        "info": {
            "title": about.title,
            "version": env!("CARGO_PKG_VERSION"),
            "description": about.summary,
        },
        "servers": [{ "url": "/", "description": "This server" }],
        "paths": paths,
        "components": components,
    });
    // A JSON value can always be written.
    let mut text = serde_json::to_string_pretty(&document).expect("a JSON value");
    text.push('\n');
    text
}

/// The properties of a form's schema as query parameters.
fn parameters(schema: &Value) -> Value {
    let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| {
            json!({
                "name": name,
                "in": "query",
                "description": property["description"],
                "required": required(name),
                "schema": { "type": property["type"] },
            })
        })
        .collect()
}

/// Parameters that may come in another way.
fn unrequired(mut parameters: Value) -> Value {
    parameters.as_array_mut().into_iter().flatten().for_each(|parameter| parameter["required"] = json!(false));
    parameters
}

/// Drops the schemas that served to describe a query and that nothing refers to.
fn forget_unused(components: &mut Map<String, Value>, paths: &Map<String, Value>) {
    let Some(Value::Object(schemas)) = components.get_mut("schemas") else { return };
    let referring = format!("{}{}", json!(paths), json!(schemas));
    schemas.retain(|name, _| referring.contains(&format!("\"#/components/schemas/{name}\"")));
}

fn take_object(from: &mut Value, member: &str) -> Map<String, Value> {
    match from.get_mut(member).map(Value::take) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// An operation that needs no security says so, and one that may do without says that too.
fn state_security(operation: &mut Value) {
    let Some(operation) = operation.as_object_mut() else { return };
    match operation.get_mut("security") {
        None => drop(operation.insert("security".to_owned(), json!([]))),
        Some(Value::Array(ways)) if ways.is_empty() => ways.push(json!({})),
        Some(_) => {}
    }
}
