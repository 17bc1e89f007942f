"""Secrets at rest: hashing for the mail server, sealing for the password window, keys kept outside the database."""

from services.provisioning.vault.hashing import Argon2idHasher as Argon2idHasher
from services.provisioning.vault.hashing import MailServerHasher as MailServerHasher
from services.provisioning.vault.key_directory import DirectoryKeyStore as DirectoryKeyStore
from services.provisioning.vault.key_store import KeyDestroyed as KeyDestroyed
from services.provisioning.vault.key_store import KeyStore as KeyStore
from services.provisioning.vault.key_store import KeyStoreFault as KeyStoreFault
from services.provisioning.vault.key_store import KeyStoreUnavailable as KeyStoreUnavailable
from services.provisioning.vault.measured_key_store import MeasuredKeyStore as MeasuredKeyStore
from services.provisioning.vault.sealing import SealBroken as SealBroken
from services.provisioning.vault.sealing import move_to_day as move_to_day
from services.provisioning.vault.sealing import open_passwords as open_passwords
from services.provisioning.vault.sealing import seal_passwords as seal_passwords
