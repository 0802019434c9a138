//! Attachments: files of their own, each sealed under a key of its own, which is sealed under its owner's.
//!
//! Promises that a name is returned only once content and name are on disk, that what is read is what was
//! put, and that content is gone with its owner's key. A name is the SHA-256 of the content *and* the
//! community's secret, so that it tells nobody who else has the same file, and proves nothing about content
//! that was erased. Blobs of 256 MiB pass through in pieces. Counts what each
//! takes; quotas are the caller's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use kith_core::body::{BODY_KEY_BYTES, Body};
use kith_core::ids::{BodyId, CommunityId, MemberId};
use kith_core::ports::{Blobs, Hash, Keys, StoreError};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::derived::Sealing;
use crate::failure::{IoContext, refused};
use crate::keys::KeyFile;
use crate::store::Store;

/// Bytes of one blob: what a phone's video of some minutes takes.
pub const BLOB_BYTES_MAX: u64 = 256 << 20;
/// Bytes sealed at a time.
const PIECE_BYTES: usize = 64 << 10;
const TAG_BYTES: usize = 16;
const MAGIC: [u8; 4] = *b"KB\x00\x01";
const HEAD_BYTES: usize = 4 + 16 + 16 + 2;
const UNFINISHED: &str = "unfinished-";

/// The folder of all blobs.
pub struct BlobFolder {
    folder: PathBuf,
    sealing: Arc<dyn Sealing>,
    keys: Arc<dyn Keys>,
    blob_bytes_max: u64,
    /// Counted when somebody asks for the first time.
    usage: Mutex<Option<Usage>>,
}

/// Bytes on disk by whose they are.
type Usage = BTreeMap<(CommunityId, MemberId), u64>;

impl Store {
    /// The attachments of this store.
    pub fn blobs(&self) -> Result<BlobFolder, StoreError> {
        BlobFolder::open(self.folder(), Arc::<KeyFile>::clone(&self.log().shared.keys), self.keys())
    }
}

/// A blob as a sweep sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptBlob {
    /// Its name.
    pub name: Hash,
    /// Its community.
    pub community: CommunityId,
    /// Whose erasure destroys it.
    pub owner: MemberId,
    /// Bytes on disk.
    pub file_bytes: u64,
}

/// What a sweep did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sweep {
    /// Blobs that stay.
    pub kept: u64,
    /// Files that were removed, unfinished ones included.
    pub removed: u64,
    /// Bytes on disk that were given back.
    pub removed_bytes: u64,
}

impl BlobFolder {
    /// Opens or makes `blobs` below DATA.
    pub fn open(data: &Path, sealing: Arc<dyn Sealing>, keys: Arc<dyn Keys>) -> Result<Self, StoreError> {
        let folder = data.join("blobs");
        fs::create_dir_all(&folder).context("create folder", &folder)?;
        sync_folder(data)?;
        let usage = Mutex::default();
        Ok(Self { folder, sealing, keys, blob_bytes_max: BLOB_BYTES_MAX, usage })
    }

    /// Stores what `content` yields, durably, and returns its name.
    pub fn put_from(
        &self,
        community: CommunityId,
        owner: MemberId,
        content: &mut dyn Read,
    ) -> Result<Hash, StoreError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(io::Error::other).context("draw a name in", &self.folder)?;
        let unfinished = self.folder.join(format!("{UNFINISHED}{}", hex(&random)));
        let named = self.write(&unfinished, (community, owner), content);
        if named.is_err() {
            // The sweep finds it if this fails too.
            let _ = fs::remove_file(&unfinished);
        }
        let name = named?;
        self.keep(&unfinished, &self.path(&name), (community, owner))?;
        sync_folder(&self.folder)?;
        Ok(name)
    }

    /// Gives a finished file its name, and counts it in the place of the one that had it.
    fn keep(&self, unfinished: &Path, path: &Path, whose: (CommunityId, MemberId)) -> Result<(), StoreError> {
        let mut usage = self.usage();
        let replaced = fs::metadata(path).map_or(0, |facts| facts.len());
        let bytes = fs::metadata(unfinished).context("measure", unfinished)?.len();
        fs::rename(unfinished, path).context("rename", unfinished)?;
        if let Some(usage) = usage.as_mut() {
            let counted = usage.entry(whose).or_default();
            *counted = counted.saturating_sub(replaced).saturating_add(bytes);
        }
        Ok(())
    }

    fn usage(&self) -> MutexGuard<'_, Option<Usage>> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What each takes, from the files if nobody has asked before.
    fn counted(&self) -> Result<MutexGuard<'_, Option<Usage>>, StoreError> {
        let mut usage = self.usage();
        if usage.is_none() {
            let mut found = Usage::new();
            self.visit(&mut |blob, _| {
                *found.entry((blob.community, blob.owner)).or_default() += blob.file_bytes;
                Ok(())
            })?;
            *usage = Some(found);
        }
        Ok(usage)
    }

    /// Visits every blob that is finished. One that goes meanwhile, or that is damaged, is passed over.
    fn visit(
        &self,
        visit: &mut dyn FnMut(&KeptBlob, &Path) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for file in fs::read_dir(&self.folder).context("list", &self.folder)? {
            let path = file.context("list", &self.folder)?.path();
            let Ok(facts) = fs::metadata(&path) else { continue };
            if let Ok(Some(blob)) = self.kept(&path, facts.len()) {
                visit(&blob, &path)?;
            }
        }
        Ok(())
    }

    /// Writes a blob's content to `out` and returns whether there was one: not if it is unknown or erased.
    pub fn get_into(
        &self,
        community: CommunityId,
        owner: MemberId,
        name: &Hash,
        out: &mut dyn Write,
    ) -> Result<bool, StoreError> {
        let path = self.path(name);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            opened => opened.context("open", &path)?,
        };
        let mut file = BufReader::new(file);
        let head = Head::read(&mut file, &path)?;
        if (head.community, head.owner) != (community, owner) {
            return Ok(false);
        }
        let damaged = || refused("read", &path, "the blob is damaged");
        let bodies = self.sealing.unseal(community, &head.sealed_key)?.ok_or_else(damaged)?;
        let Some(body) = bodies.first() else { return Ok(false) };
        let cipher = Aes256Gcm::new_from_slice(&body.bytes).map_err(|_| damaged())?;
        let mut naming = self.naming(community, owner)?;
        unseal_pieces(&cipher, &mut file, &path, &mut |piece| {
            naming.update(piece);
            out.write_all(piece).context("pass on", &path)
        })?;
        if naming.name() == *name { Ok(true) } else { Err(damaged()) }
    }

    /// Looks at every blob and removes those that `wanted` does not want, and whatever was left unfinished by
    /// a crash. Not to be called while blobs are put: a blob is there before the record that names it.
    pub fn sweep(&self, wanted: &mut dyn FnMut(&KeptBlob) -> bool) -> Result<Sweep, StoreError> {
        let mut sweep = Sweep::default();
        for file in fs::read_dir(&self.folder).context("list", &self.folder)? {
            let path = file.context("list", &self.folder)?.path();
            let file_bytes = fs::metadata(&path).context("measure", &path)?.len();
            if self.kept(&path, file_bytes)?.is_some_and(|blob| wanted(&blob)) {
                sweep.kept += 1;
                continue;
            }
            fs::remove_file(&path).context("remove", &path)?;
            sweep.removed += 1;
            sweep.removed_bytes += file_bytes;
        }
        sync_folder(&self.folder)?;
        *self.usage() = None;
        Ok(sweep)
    }

    /// What a file is; `None` for one that no put has finished.
    fn kept(&self, path: &Path, file_bytes: u64) -> Result<Option<KeptBlob>, StoreError> {
        let Some(name) = path.file_name().and_then(|name| unhex(name.to_str()?)) else { return Ok(None) };
        let file = File::open(path).context("open", path)?;
        let head = Head::read(&mut BufReader::new(file), path)?;
        Ok(Some(KeptBlob { name, community: head.community, owner: head.owner, file_bytes }))
    }

    fn write(
        &self,
        path: &Path,
        (community, owner): (CommunityId, MemberId),
        content: &mut dyn Read,
    ) -> Result<Hash, StoreError> {
        let mut secret = Zeroizing::new([0; 32]);
        let mut id = [0; 16];
        let drawn = getrandom::fill(&mut *secret).and_then(|()| getrandom::fill(&mut id));
        drawn.map_err(io::Error::other).context("draw a key for", path)?;
        let body = Body {
            id: BodyId(u128::from_be_bytes(id)),
            owner,
            key: [0; BODY_KEY_BYTES],
            bytes: secret.as_slice().into(),
        };
        let head = Head { community, owner, sealed_key: self.sealing.seal(community, &[body])? };
        let mut file = BufWriter::new(File::create_new(path).context("create", path)?);
        head.write(&mut file).context("write", path)?;
        let mut naming = self.naming(community, owner)?;
        seal_pieces(&Aes256Gcm::new((&*secret).into()), content, &mut naming, (&mut file, path))?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error).context("write", path)?;
        file.sync_data().context("sync", path)?;
        Ok(naming.name())
    }

    fn naming(&self, community: CommunityId, owner: MemberId) -> Result<Naming, StoreError> {
        let mut sum = Sha256::new();
        sum.update(self.keys.pepper(community)?);
        sum.update(community.0.to_be_bytes());
        sum.update(owner.0.to_be_bytes());
        Ok(Naming { sum, bytes: 0, bytes_max: self.blob_bytes_max })
    }

    fn path(&self, name: &Hash) -> PathBuf {
        self.folder.join(hex(name))
    }
}

impl Blobs for BlobFolder {
    fn put(&self, community: CommunityId, owner: MemberId, bytes: &[u8]) -> Result<Hash, StoreError> {
        self.put_from(community, owner, &mut &bytes[..])
    }

    fn get(
        &self,
        community: CommunityId,
        owner: MemberId,
        name: &Hash,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut bytes = Vec::new();
        let found = self.get_into(community, owner, name, &mut bytes)?;
        Ok(found.then_some(bytes))
    }

    fn stored_bytes(&self, community: CommunityId) -> Result<u64, StoreError> {
        let usage = self.counted()?;
        let all = (community, MemberId(0))..=(community, MemberId(u128::MAX));
        Ok(usage.iter().flat_map(|usage| usage.range(all.clone())).map(|(_, bytes)| bytes).sum())
    }

    fn release(&self, community: CommunityId, owners: Option<&BTreeSet<MemberId>>) -> Result<(), StoreError> {
        let mut usage = self.counted()?;
        let goes = |of: CommunityId, owner: MemberId| {
            of == community && owners.is_none_or(|owners| owners.contains(&owner))
        };
        let Some(usage) = usage.as_mut() else { return Ok(()) };
        if !usage.keys().any(|(of, owner)| goes(*of, *owner)) {
            return Ok(());
        }
        self.visit(&mut |blob, path| {
            if goes(blob.community, blob.owner) {
                fs::remove_file(path).context("remove", path)
            } else {
                Ok(())
            }
        })?;
        sync_folder(&self.folder)?;
        usage.retain(|(of, owner), _| !goes(*of, *owner));
        Ok(())
    }
}

/// Makes a name while content passes by. The length comes last, so no name is the beginning of another's.
struct Naming {
    sum: Sha256,
    bytes: u64,
    bytes_max: u64,
}

impl Naming {
    fn update(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        self.sum.update(piece);
    }

    fn name(self) -> Hash {
        self.sum.chain_update(self.bytes.to_be_bytes()).finalize().into()
    }
}

/// What a blob's file begins with.
struct Head {
    community: CommunityId,
    owner: MemberId,
    sealed_key: Vec<u8>,
}

impl Head {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&MAGIC)?;
        out.write_all(&self.community.0.to_be_bytes())?;
        out.write_all(&self.owner.0.to_be_bytes())?;
        out.write_all(&(self.sealed_key.len() as u16).to_be_bytes())?;
        out.write_all(&self.sealed_key)
    }

    fn read(file: &mut dyn Read, path: &Path) -> Result<Self, StoreError> {
        let mut bytes = [0; HEAD_BYTES];
        file.read_exact(&mut bytes).context("read", path)?;
        if bytes[..4] != MAGIC {
            return Err(refused("read", path, "not a blob"));
        }
        let id = |at: usize| bytes[at..at + 16].iter().fold(0, |id, byte| (id << 8) | u128::from(*byte));
        let mut sealed_key = vec![0; usize::from(u16::from_be_bytes([bytes[36], bytes[37]]))];
        file.read_exact(&mut sealed_key).context("read", path)?;
        Ok(Self { community: CommunityId(id(4)), owner: MemberId(id(20)), sealed_key })
    }
}

/// The nonce counts pieces, since the key is this blob's alone; its last byte marks the last piece, so that
/// a cut file does not pass for a whole one.
fn nonce(piece: u64, place: Place) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&piece.to_be_bytes());
    nonce[11] = place as u8;
    nonce.into()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Inner = 0,
    Last = 1,
}

fn seal_pieces(
    cipher: &Aes256Gcm,
    content: &mut dyn Read,
    naming: &mut Naming,
    (out, path): (&mut dyn Write, &Path),
) -> Result<(), StoreError> {
    for number in 0.. {
        let mut piece = Vec::with_capacity(PIECE_BYTES + TAG_BYTES);
        content.take(PIECE_BYTES as u64).read_to_end(&mut piece).context("take in", path)?;
        naming.update(&piece);
        if naming.bytes > naming.bytes_max {
            let (bytes, max) = (naming.bytes as usize, naming.bytes_max as usize);
            return Err(StoreError::TooLarge { what: "blob", bytes, max });
        }
        let place = if piece.len() < PIECE_BYTES { Place::Last } else { Place::Inner };
        cipher
            .encrypt_in_place(&nonce(number, place), &[], &mut piece)
            .expect("AES-GCM refuses only messages of 64 GiB and more");
        out.write_all(&piece).context("write", path)?;
        if place == Place::Last {
            break;
        }
    }
    Ok(())
}

fn unseal_pieces(
    cipher: &Aes256Gcm,
    file: &mut dyn Read,
    path: &Path,
    pass_on: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for number in 0.. {
        let mut piece = Vec::with_capacity(PIECE_BYTES + TAG_BYTES);
        file.take((PIECE_BYTES + TAG_BYTES) as u64).read_to_end(&mut piece).context("read", path)?;
        let place = if piece.len() < PIECE_BYTES + TAG_BYTES { Place::Last } else { Place::Inner };
        cipher
            .decrypt_in_place(&nonce(number, place), &[], &mut piece)
            .map_err(|_| refused("read", path, "the blob is damaged"))?;
        pass_on(&piece)?;
        if place == Place::Last {
            break;
        }
    }
    Ok(())
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|folder| folder.sync_all()).context("sync folder", folder)
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests;
