//! Where secrets come from, as it is written.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use hephaestus_core::capability::SecretName;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Unexpected, Visitor};

use super::ManifestFile;
use super::access::is_no_variable;
use crate::deploy::grants::SecretSource;
use crate::deploy::manifest::ManifestError;

/// `{ env = "NAME" }` or `{ file = "PATH" }`.
#[derive(Debug)]
pub(super) enum FileSource {
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
pub(in crate::deploy::manifest) struct Sources {
    named: BTreeMap<SecretName, SecretSource>,
    secrets_folder: Option<PathBuf>,
    /// Where relative paths start.
    folder: PathBuf,
}

impl Sources {
    /// Where relative paths start.
    pub(in crate::deploy::manifest) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files, and the folder of files, that secrets come from.
    pub(in crate::deploy::manifest) fn files(&self) -> impl Iterator<Item = &Path> {
        let named = self.named.values().filter_map(|source| match source {
            SecretSource::File(path) => Some(path.as_path()),
            SecretSource::Env(_) => None,
        });
        named.chain(self.secrets_folder.as_deref())
    }

    /// Where this one comes from: as the file says, else a file of its name in the folder of secrets.
    pub(in crate::deploy::manifest) fn of(&self, name: &SecretName) -> Option<SecretSource> {
        let in_folder = || {
            Some(SecretSource::File(
                self.secrets_folder.as_ref()?.join(name.as_str()),
            ))
        };
        self.named.get(name).cloned().or_else(in_folder)
    }
}

impl ManifestFile {
    /// Where secrets come from. Relative paths start at `folder`.
    pub(in crate::deploy::manifest) fn sources(&self, folder: &Path) -> Result<Sources, ManifestError> {
        let source = |(name, source): (&SecretName, &FileSource)| {
            let source = match source {
                FileSource::Env(variable) if is_no_variable(variable) => {
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
            secrets_folder: self.secrets_folder.as_ref().map(|path| folder.join(path)),
            folder: folder.to_owned(),
        })
    }
}
