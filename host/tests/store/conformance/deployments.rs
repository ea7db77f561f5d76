//! Versions of workflows, and the components that they are.

use hephaestus_core::Timestamp;
use hephaestus_host::store::{DeployAnswer, DeployedVersion};

use crate::support::{Subject, deployed, digest};

conformance!(
    versions_are_deployed_once,
    versions_share_components,
    versions_are_ordered,
    a_version_is_seen_as_soon_as_it_is_deployed,
);

async fn versions_are_deployed_once(subject: Subject) {
    let store = &subject.store;
    let code = vec![0, 1, 2, 255];
    let first = deployed("orders", 1, 7);
    assert_eq!(
        store.deploy(first.clone(), code.clone()).await.unwrap(),
        DeployAnswer::Deployed
    );
    let mut again = first.clone();
    again.deployed_at = Timestamp(9_999);
    assert_eq!(
        store.deploy(again, code.clone()).await.unwrap(),
        DeployAnswer::Unchanged
    );
    let other = deployed("orders", 1, 8);
    let refused = DeployAnswer::OtherDigest { found: digest(7) };
    assert_eq!(store.deploy(other, vec![1]).await.unwrap(), refused);
    assert_eq!(store.versions(None).await.unwrap(), [first]);
    assert_eq!(store.component(digest(7)).await.unwrap(), Some(code));
    assert_eq!(
        store.component(digest(8)).await.unwrap(),
        None,
        "the refused code isn't kept"
    );
}

async fn versions_share_components(subject: Subject) {
    let store = &subject.store;
    for version in [
        deployed("orders", 1, 7),
        deployed("orders", 2, 7),
        deployed("bills", 1, 7),
    ] {
        assert_eq!(
            store.deploy(version, vec![7; 9]).await.unwrap(),
            DeployAnswer::Deployed
        );
    }
    assert_eq!(store.component(digest(7)).await.unwrap(), Some(vec![7; 9]));
    assert_eq!(store.versions(None).await.unwrap().len(), 3);
}

async fn versions_are_ordered(subject: Subject) {
    let store = &subject.store;
    let offered = [
        ("orders", 2),
        ("bills", 1),
        ("orders", 10),
        ("orders", 1),
        ("orders-eu", 3),
        ("bills", 4),
    ];
    for (code, (workflow, version)) in (1..).zip(offered) {
        let version = deployed(workflow, version, code);
        assert_eq!(
            store.deploy(version, vec![code]).await.unwrap(),
            DeployAnswer::Deployed
        );
    }
    let listed = |versions: Vec<DeployedVersion>| -> Vec<(String, u32)> {
        versions
            .into_iter()
            .map(|found| (found.workflow.to_string(), found.version.0))
            .collect()
    };
    let expect = |expected: &[(&str, u32)]| -> Vec<(String, u32)> {
        expected
            .iter()
            .map(|(name, version)| ((*name).to_owned(), *version))
            .collect()
    };
    let everything = expect(&[
        ("bills", 4),
        ("bills", 1),
        ("orders", 10),
        ("orders", 2),
        ("orders", 1),
        ("orders-eu", 3),
    ]);
    assert_eq!(listed(store.versions(None).await.unwrap()), everything);
    let orders = "orders".parse().unwrap();
    assert_eq!(
        listed(store.versions(Some(&orders)).await.unwrap()),
        everything[2..5]
    );
    let none = "none".parse().unwrap();
    assert_eq!(listed(store.versions(Some(&none)).await.unwrap()), []);
}

async fn a_version_is_seen_as_soon_as_it_is_deployed(subject: Subject) {
    let store = &subject.store;
    let orders = "orders".parse().unwrap();
    assert_eq!(store.versions(Some(&orders)).await.unwrap(), []);
    let mut expected = Vec::new();
    for number in 1..=3 {
        let version = deployed("orders", number, number as u8);
        let other = deployed("bills", number, number as u8);
        store.deploy(version.clone(), vec![number as u8]).await.unwrap();
        expected.insert(0, version);
        // Twice: what was asked before may be remembered.
        for _ in 0..2 {
            assert_eq!(store.versions(Some(&orders)).await.unwrap(), expected);
        }
        store.deploy(other, vec![number as u8]).await.unwrap();
        assert_eq!(store.versions(Some(&orders)).await.unwrap(), expected);
    }
}
