//! Power cuts on a real file system: ext4 on a loop device, shut down under a running engine.
//!
//! `FS_IOC_SHUTDOWN` without flushing the journal drops what was not synced, as a power cut does. Runs at
//! night only, as root, in a mount namespace of its own, so that nothing stays mounted whatever happens;
//! elsewhere it says why it did nothing. The short form is `power`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::kill::{LIFE_MS_MAX, run_and_kill};
use crate::world::{Acks, Dice, Ground, assert_nothing_lost, rounds};

/// Names the folder to the process in its own namespace.
const INSIDE: &str = "KITH_POWER_FOLDER";
const IMAGE_BYTES: u64 = 2 << 30;
const UNMOUNTS_MAX: u32 = 600;
/// Then another DATA is begun: proving a long past again each time takes the night.
const ROUNDS_PER_FOLDER: u64 = 11;
/// `FS_IOC_SHUTDOWN` with `FS_SHUTDOWN_FLAGS_NOLOGFLUSH`: the one call for which the standard library has no
/// safe form.
const SHUT_DOWN: &str = "import fcntl, os, struct, sys; place = os.open(sys.argv[1], os.O_RDONLY); \
    sys.stdin.readline(); fcntl.ioctl(place, 0x8004587d, struct.pack('I', 2))";

/// A process that needs only a word to shut a file system down, so that little happens in between.
struct Switch(Child);

impl Switch {
    fn at_hand(mount_point: &str) -> Self {
        let process =
            Command::new("python3").args(["-c", SHUT_DOWN, mount_point]).stdin(Stdio::piped()).spawn();
        Self(process.unwrap())
    }

    fn press(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

fn run(program: &str, arguments: &[&str]) -> std::io::Result<ExitStatus> {
    Command::new(program).args(arguments).status()
}

fn must(program: &str, arguments: &[&str]) {
    let status = run(program, arguments).unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(status.success(), "{program} {arguments:?}: {status}");
}

/// A file system is busy for a moment after the last process has closed its last file.
fn unmount(mount_point: &str) {
    let gone = |_| {
        let gone = run("umount", &[mount_point]).is_ok_and(|status| status.success());
        if !gone {
            std::thread::sleep(Duration::from_millis(50));
        }
        gone
    };
    assert!((0..UNMOUNTS_MAX).any(gone), "{mount_point} stays busy");
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
        let switch = Switch::at_hand(&mount_point);
        // While the file system goes down a sync may still be told to be done: what counts was printed
        // before.
        acks.extend(run_and_kill(&data, life, || switch.press()).at_cut);
        unmount(&mount_point);
        mount();
        let mut world = Ground::at(&data).open();
        assert_nothing_lost(&world, &acks);
        world.close();
        println!("round {round}: {} acknowledged, none lost", acks.len());
    }
    unmount(&mount_point);
    assert!(acks.len() > 100, "the children got something done: {}", acks.len());
}
