//! One flipped bit in a log of 2,000 communities: one is closed, 1,999 serve.
//!
//! Some bytes belong to nobody (heads of segments, footers, the tail's closing group): then all 2,000 serve.

use std::fs;

use kith_core::community::Blueprint;
use kith_core::ids::{CommunityId, MemberId};
use kith_core::ports::StoreError;
use kith_runtime::draft::{AskError, Draft};
use kith_store::disk::SimulatedDisk;

use crate::recovery::index::copy;
use crate::recovery::power::on_disk;
use crate::world::{Dice, Ground, ManualClock, World, rounds};

const COMMUNITIES: usize = 2_000;
/// Several segments: flips hit sealed ones and the tail.
const SEGMENT_BYTES_MAX: u64 = 1024 * 1024;
/// Others that are asked after each flip.
const ASKED_PER_FLIP: usize = 24;
/// What everybody's owner is tagged with, one frame each.
const TAGS: [&str; 2] = ["tea", "coffee"];

/// A community and its owner.
type Tenant = (CommunityId, MemberId);

fn ask_all(world: &World, drafts: Vec<Draft>) {
    let engine = world.engine().clone();
    world.wait(async move {
        for some in drafts.chunks(1_000) {
            let mut pending = Vec::new();
            for draft in some {
                pending.push(engine.post(draft.clone()).await.unwrap());
            }
            for pending in pending {
                pending.reply().await.unwrap();
            }
        }
    });
}

fn tag(world: &World, tenant: Tenant, tag: &str) -> Draft {
    let command = kith_core::member::Command::Tag { member: tenant.1, tag: tag.to_owned() };
    world.draft(tenant.0, kith_core::command::Actor::Member(tenant.1), command)
}

fn populate(world: &World) -> Vec<Tenant> {
    let drafts: Vec<Draft> = (0..COMMUNITIES)
        .map(|number| world.founding(&format!("room {number}"), &Blueprint::default()))
        .collect();
    let tenants = drafts.iter().map(|draft| (draft.community, MemberId::of(draft.id, 0))).collect();
    ask_all(world, drafts);
    for name in TAGS {
        let tenants: &Vec<Tenant> = &tenants;
        ask_all(world, tenants.iter().map(|tenant| tag(world, *tenant, name)).collect());
    }
    tenants
}

#[test]
fn a_flipped_bit_closes_one_community_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, clock) = (SimulatedDisk::default(), ManualClock::new());
    let (data, kept) = (folder.path().join("data"), folder.path().join("index"));
    let ground =
        |disk: &SimulatedDisk| Ground::at(&data).clock(&clock).store(on_disk(disk, SEGMENT_BYTES_MAX));
    let mut world = ground(&disk).open();
    let tenants = populate(&world);
    world.await_index();
    world.stop();
    copy(&data.join("index"), &kept);
    let segments: Vec<_> =
        disk.paths().into_iter().filter(|path| path.extension().is_some_and(|end| end == "seg")).collect();
    assert!(segments.len() > 1, "flips hit sealed segments too");
    let mut dice = Dice::new(2_000);
    let mut closed_by_a_flip = 0;
    for round in 0..rounds(60, 3_000) {
        let hurt = disk.fork();
        let path = dice.pick(&segments);
        let mut bytes = hurt.bytes(path).unwrap();
        let place = dice.place(bytes.len());
        bytes[place] ^= 1 << dice.roll(8);
        hurt.put(path, bytes);
        // The index is as it was before the flip: making it anew is what `recovery::index` tests.
        fs::remove_dir_all(data.join("index")).unwrap();
        copy(&kept, &data.join("index"));
        let what = format!("round {round}: byte {place} of {}", path.display());
        let world = ground(&hurt).open();
        closed_by_a_flip += usize::from(closed(&world, &tenants, &mut dice, &what));
    }
    assert!(closed_by_a_flip > 20, "flips in frames are noticed: {closed_by_a_flip}");
}

fn is_whole(world: &World, tenant: Tenant) -> bool {
    world.view(tenant.0, move |community| {
        let owner = community.members.get(tenant.1);
        owner.is_some_and(|owner| TAGS.iter().all(|tag| owner.tags.contains(*tag)))
    })
}

/// Whether a community is closed; all others serve.
fn closed(world: &World, tenants: &[Tenant], dice: &mut Dice, what: &str) -> bool {
    let report = world.verify();
    let named: Vec<CommunityId> = report.problems.iter().filter_map(|problem| problem.community).collect();
    assert!(named.len() <= 1, "{what}: {} named, {:#?}", named.len(), &report.problems[..3]);
    let victim = named.first().map(|id| *tenants.iter().find(|tenant| tenant.0 == *id).unwrap());
    for _ in 0..ASKED_PER_FLIP {
        let tenant = *dice.pick(tenants);
        if Some(tenant) != victim {
            assert!(is_whole(world, tenant), "{what}");
            let again = format!("milk {}", dice.roll(u64::MAX));
            world.ask(tag(world, tenant, &again)).unwrap_or_else(|error| panic!("{what}: {error}"));
        }
    }
    let Some(victim) = victim else { return false };
    for _ in 0..2 {
        let refused = world.ask(tag(world, victim, "milk"));
        let Err(AskError::Store(StoreError::Damaged(damage))) = &refused else {
            panic!("{what}: {refused:?}")
        };
        assert_eq!(damage.community, victim.0, "{what}");
        let read =
            world.look(victim.0, |stream| stream.seq).unwrap_or_else(|error| panic!("{what}: {error}"));
        // A snapshot may stand for what lies behind the damage; without one reading ends before it.
        assert!(read <= world.durable_seq(victim.0), "{what}: {read}");
        world.rest(victim.0);
    }
    world.ask(tag(world, *tenants.iter().find(|tenant| **tenant != victim).unwrap(), "water")).unwrap();
    true
}
