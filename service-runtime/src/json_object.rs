//! JSON bodies that are objects.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

/// A value that was a JSON object. serde would also read a struct from an array of its fields,
/// which no description of the API allows: bodies are `web::Json<JsonObject<T>>`.
#[derive(Debug)]
pub struct JsonObject<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for JsonObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = JsonObject<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(JsonObject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Point {
        x: i32,
        y: i32,
    }

    fn read(text: &str) -> Result<(i32, i32), String> {
        serde_json::from_str::<JsonObject<Point>>(text)
            .map(|JsonObject(point)| (point.x, point.y))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_object_is_read_as_strictly_as_its_type_wants() {
        assert_eq!(read(r#"{"y":2,"x":1}"#), Ok((1, 2)));
        assert!(
            read(r#"{"x":1}"#)
                .unwrap_err()
                .starts_with("missing field `y`")
        );
        assert!(
            read(r#"{"x":1,"x":1,"y":2}"#)
                .unwrap_err()
                .starts_with("duplicate field `x`")
        );
        assert!(
            read(r#"{"x":1,"y":2,"z":3}"#)
                .unwrap_err()
                .starts_with("unknown field `z`")
        );
    }

    #[test]
    fn an_array_of_the_fields_is_no_object() {
        assert!(serde_json::from_str::<Point>("[1,2]").is_ok());
        for text in ["[1,2]", "null", "1", "\"x\""] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
