//! What a step may reach, as it is written.

use std::fmt;
use std::path::PathBuf;

use hephaestus_core::capability::{GuestPath, HttpMethods, HttpPattern};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::deploy::grants::EnvSource;

/// `"https://api.example"`, or `{ origin = "http://db.internal", private = true }`.
#[derive(Debug, Clone)]
pub(in crate::deploy::manifest) struct FileHttp {
    pub(in crate::deploy::manifest) origin: HttpPattern,
    pub(in crate::deploy::manifest) private: bool,
    pub(in crate::deploy::manifest) methods: HttpMethods,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileHttpTable {
    origin: HttpPattern,
    #[serde(default)]
    private: bool,
    methods: Option<Vec<String>>,
}

/// Not an untagged enum: that one forgets what was wrong.
impl<'de> Deserialize<'de> for FileHttp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrTable;
        impl<'de> Visitor<'de> for TextOrTable {
            type Value = FileHttp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an origin like \"https://api.example\", or a table { origin, private, methods }")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<FileHttp, E> {
                let origin = text.parse().map_err(E::custom)?;
                Ok(FileHttp {
                    origin,
                    private: false,
                    methods: HttpMethods::all(),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FileHttp, A::Error> {
                let FileHttpTable {
                    origin,
                    private,
                    methods,
                } = FileHttpTable::deserialize(MapAccessDeserializer::new(map))?;
                let methods = match methods {
                    None => HttpMethods::all(),
                    Some(none) if none.is_empty() => {
                        return Err(A::Error::custom(
                            "`methods` names none: leave it out to grant all, or the entry to grant nothing",
                        ));
                    }
                    Some(methods) => HttpMethods::new(methods).map_err(A::Error::custom)?,
                };
                Ok(FileHttp {
                    origin,
                    private,
                    methods,
                })
            }
        }
        deserializer.deserialize_any(TextOrTable)
    }
}

/// `{ host = "data/in", guest = "/in", access = "read-write" }`.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table like { host = \"data/in\", guest = \"/in\" }"
)]
pub(in crate::deploy::manifest) struct FileFiles {
    #[serde(deserialize_with = "host_folder")]
    pub(in crate::deploy::manifest) host: PathBuf,
    pub(in crate::deploy::manifest) guest: GuestPath,
    #[serde(default)]
    pub(in crate::deploy::manifest) access: FileAccess,
}

fn host_folder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text.contains('\0') {
        return Err(D::Error::custom(format!(
            "{text:?} is not a folder; `.` is that of the manifest"
        )));
    }
    Ok(text.into())
}

/// What may be done with files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::deploy::manifest) enum FileAccess {
    #[default]
    Read,
    ReadWrite,
}

/// `"debug"`, or `{ host = "AWS_REGION" }`.
#[derive(Debug, Clone)]
pub(in crate::deploy::manifest) struct FileVariable(pub(in crate::deploy::manifest) EnvSource);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileVariableTable {
    host: String,
}

impl<'de> Deserialize<'de> for FileVariable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrTable;
        impl<'de> Visitor<'de> for TextOrTable {
            type Value = FileVariable;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a value like \"debug\", or { host = \"NAME\" } for that of a variable of the host",
                )
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<FileVariable, E> {
                if text.contains('\0') {
                    return Err(E::custom("the value of a variable can't have a zero byte"));
                }
                Ok(FileVariable(EnvSource::Value(text.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FileVariable, A::Error> {
                let FileVariableTable { host } =
                    FileVariableTable::deserialize(MapAccessDeserializer::new(map))?;
                if is_no_variable(&host) {
                    return Err(A::Error::custom(format!(
                        "no environment has a variable {host:?}"
                    )));
                }
                Ok(FileVariable(EnvSource::Host(host)))
            }
        }
        deserializer.deserialize_any(TextOrTable)
    }
}

/// What the environment of the host can't have under any circumstances.
pub(super) fn is_no_variable(name: &str) -> bool {
    name.is_empty() || name.contains(['=', '\0'])
}
