//! Power cuts on a real file system: ext4 on a loop device, shut down under a running engine.
//!
//! `FS_IOC_SHUTDOWN` without flushing the journal drops what was not synced, as a power cut does. Runs at night
//! only, as root, in a mount namespace of its own, so that nothing stays mounted whatever happens; elsewhere it
//! says why it did nothing. The short form is `power`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::kill::{LIFE_MS_MAX, run_and_kill};
use crate::world::{Acks, Dice, Ground, assert_nothing_lost, rounds};

/// Names the folder to the process in its own namespace.
const INSIDE: &str = "KITH_POWER_FOLDER";
const IMAGE_BYTES: u64 = 2 << 30;
/// Then another DATA is begun: proving a long past again each time takes the night.
const ROUNDS_PER_FOLDER: u64 = 11;
/// `FS_IOC_SHUTDOWN` with `FS_SHUTDOWN_FLAGS_NOLOGFLUSH`: the one call for which the standard library has no safe
/// form.
const SHUT_DOWN: &str = "import fcntl, os, struct, sys; \
                         fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";

fn run(program: &str, arguments: &[&str]) -> std::io::Result<ExitStatus> {
    Command::new(program).args(arguments).status()
}

fn must(program: &str, arguments: &[&str]) {
    let status = run(program, arguments).unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(status.success(), "{program} {arguments:?}: {status}");
}

/// Why this machine cannot do it, if it cannot.
fn obstacle() -> Option<&'static str> {
    let works = |program, arguments: &[&str]| run(program, arguments).is_ok_and(|status| status.success());
    if rounds(0, 1) == 0 {
        return Some("it runs at night: KITH_NIGHT=1");
    }
    if !Path::new("/dev/loop-control").exists() {
        return Some("there are no loop devices");
    }
    if !works("unshare", &["--mount", "true"]) {
        return Some("a mount namespace needs root");
    }
    (!works("python3", &["-c", "import fcntl"])).then_some("there is no python3 to shut the file system down")
}

#[test]
fn nothing_acknowledged_is_lost_when_a_real_file_system_is_cut_off() {
    if let Some(why) = obstacle() {
        println!("skipped: {why}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("unshare")
        .arg("--mount")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "recovery::real_power::the_rounds_in_a_namespace", "--nocapture"])
        .env(INSIDE, folder.path())
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn the_rounds_in_a_namespace() {
    let Some(folder) = std::env::var_os(INSIDE).map(PathBuf::from) else { return };
    let (image, mounted) = (folder.join("image"), folder.join("mounted"));
    File::create(&image).unwrap().set_len(IMAGE_BYTES).unwrap();
    fs::create_dir(&mounted).unwrap();
    let (image, mount_point) = (image.display().to_string(), mounted.display().to_string());
    must("mkfs.ext4", &["-q", "-F", &image]);
    let mount = || must("mount", &["-o", "loop", &image, &mount_point]);
    let (mut dice, mut acks) = (Dice::new(29), Acks::default());
    mount();
    for round in 0..rounds(2, 220) {
        if round % ROUNDS_PER_FOLDER == 0 {
            acks = Acks::default();
        }
        let data = mounted.join(format!("data-{}", round / ROUNDS_PER_FOLDER));
        let life = Duration::from_millis(1 + dice.roll(LIFE_MS_MAX));
        acks.extend(run_and_kill(&data, life, || must("python3", &["-c", SHUT_DOWN, &mount_point])));
        must("umount", &[&mount_point]);
        mount();
        let mut world = Ground::at(&data).open();
        assert_nothing_lost(&world, &acks);
        world.close();
        println!("round {round}: {} acknowledged, none lost", acks.len());
    }
    must("umount", &[&mount_point]);
    assert!(acks.len() > 100, "the children got something done: {}", acks.len());
}
