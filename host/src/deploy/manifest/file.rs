//! The manifest as it is written: what serde reads.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use hephaestus_core::capability::{HttpPattern, SecretName};
use hephaestus_core::{StepRef, WorkflowName};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer};

use super::ManifestError;
use crate::deploy::grants::SecretSource;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct ManifestFile {
    secrets_folder: Option<PathBuf>,
    secrets: BTreeMap<SecretName, FileSource>,
    pub(super) workflows: BTreeMap<WorkflowName, FileWorkflow>,
}

/// `[workflows.NAME]`: grants to all its steps, and to single ones.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileWorkflow {
    http: Vec<FileHttp>,
    secrets: Vec<SecretName>,
    pub(super) steps: BTreeMap<StepRef, FileGrants>,
}

impl FileWorkflow {
    pub(super) fn all(&self) -> FileGrants {
        FileGrants {
            http: self.http.clone(),
            secrets: self.secrets.clone(),
        }
    }
}

/// `[workflows.NAME.steps.NAME]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileGrants {
    pub(super) http: Vec<FileHttp>,
    pub(super) secrets: Vec<SecretName>,
}

/// `"https://api.example"`, or `{ origin = "http://db.internal", private = true }`.
#[derive(Debug, Clone)]
pub(super) struct FileHttp {
    pub(super) origin: HttpPattern,
    pub(super) private: bool,
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

/// `{ env = "NAME" }` or `{ file = "PATH" }`.
#[derive(Debug)]
enum FileSource {
    Env(String),
    File(PathBuf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSourceTable {
    env: Option<String>,
    file: Option<PathBuf>,
}

/// Not derived: serde's errors repeat what they found, and who writes a secret's value here must not see it in a log.
impl<'de> Deserialize<'de> for FileSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Place;
        impl<'de> Visitor<'de> for Place {
            type Value = FileSource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("where the secret's value is: { env = \"NAME\" } or { file = \"PATH\" }; values don't belong here")
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<FileSource, E> {
                Err(E::invalid_type(Unexpected::Other("a text"), &self))
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<FileSource, E> {
                Err(E::invalid_type(Unexpected::Other("a number"), &self))
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<FileSource, E> {
                Err(E::invalid_type(Unexpected::Other("a number"), &self))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FileSource, A::Error> {
                let FileSourceTable { env, file } =
                    FileSourceTable::deserialize(MapAccessDeserializer::new(map))?;
                match (env, file) {
                    (Some(variable), None) => Ok(FileSource::Env(variable)),
                    (None, Some(path)) => Ok(FileSource::File(path)),
                    (Some(_), Some(_)) => Err(A::Error::custom("a secret has one source: `env` or `file`")),
                    (None, None) => Err(A::Error::custom("a secret needs a source: `env` or `file`")),
                }
            }
        }
        deserializer.deserialize_any(Place)
    }
}

/// Where secrets come from.
pub(super) struct Sources {
    named: BTreeMap<SecretName, SecretSource>,
    folder: Option<PathBuf>,
}

impl Sources {
    /// Where this one comes from: as the file says, else a file of its name in the folder of secrets.
    pub(super) fn of(&self, name: &SecretName) -> Option<SecretSource> {
        let in_folder = || Some(SecretSource::File(self.folder.as_ref()?.join(name.as_str())));
        self.named.get(name).cloned().or_else(in_folder)
    }
}

impl ManifestFile {
    /// Where secrets come from. Relative paths start at `folder`.
    pub(super) fn sources(&self, folder: &Path) -> Result<Sources, ManifestError> {
        let source = |(name, source): (&SecretName, &FileSource)| {
            let source = match source {
                // What the environment can't have under any circumstances.
                FileSource::Env(variable) if variable.is_empty() || variable.contains(['=', '\0']) => {
                    return Err(ManifestError::BadVariable {
                        secret: name.clone(),
                        variable: variable.clone(),
                    });
                }
                FileSource::Env(variable) => SecretSource::Env(variable.clone()),
                FileSource::File(path) => SecretSource::File(folder.join(path)),
            };
            Ok((name.clone(), source))
        };
        Ok(Sources {
            named: self.secrets.iter().map(source).collect::<Result<_, _>>()?,
            folder: self.secrets_folder.as_ref().map(|path| folder.join(path)),
        })
    }
}
