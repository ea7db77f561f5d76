//! What a step may reach, as it is written.

use std::fmt;

use hephaestus_core::capability::HttpPattern;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// `"https://api.example"`, or `{ origin = "http://db.internal", private = true }`.
#[derive(Debug, Clone)]
pub(in crate::deploy::manifest) struct FileHttp {
    pub(in crate::deploy::manifest) origin: HttpPattern,
    pub(in crate::deploy::manifest) private: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileHttpTable {
    origin: HttpPattern,
    #[serde(default)]
    private: bool,
}

/// Not an untagged enum: that one forgets what was wrong.
impl<'de> Deserialize<'de> for FileHttp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrTable;
        impl<'de> Visitor<'de> for TextOrTable {
            type Value = FileHttp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an origin like \"https://api.example\", or a table { origin, private }")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<FileHttp, E> {
                let origin = text.parse().map_err(E::custom)?;
                Ok(FileHttp {
                    origin,
                    private: false,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FileHttp, A::Error> {
                let FileHttpTable { origin, private } =
                    FileHttpTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(FileHttp { origin, private })
            }
        }
        deserializer.deserialize_any(TextOrTable)
    }
}
