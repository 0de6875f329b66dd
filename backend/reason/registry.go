package reason

// byCode is made from registry once, at start.
var byCode = func() map[Code]Entry {
	m := make(map[Code]Entry, len(registry))
	for _, e := range registry {
		if _, twice := m[e.Code]; twice {
			panic("reason: " + string(e.Code) + " is registered twice")
		}
		m[e.Code] = e
	}
	return m
}()

var registry = []Entry{
	// Evidence against the drive.
	{"surface_errors", Evidence, "The surface has bad places", "{count} bad ranges, {sectors} sectors in all; the first is at LBA {lba} ({kind}).", "Replace the drive. For a return under warranty the report lists each range.", nil},
	{"fake_capacity", Evidence, "The drive is smaller than it claims", "It claims {claimed} bytes, but what is written beyond about {real} bytes is lost or lands elsewhere.", "Return the drive. Never put data on it.", []Code{"surface_errors"}},
	{"drive_lost", Evidence, "The drive does not stay", "{what}.{kernel}", "Replace the drive. If other drives vanish in the same bay, or on the same cable, those are to blame.", nil},
	{"smart_failed", Evidence, "The drive's health data speaks against it", "{what}", "Replace the drive.", nil},
	{"selftest_failed", Evidence, "The drive failed its self-test", "The {test} self-test ended with: {result}.", "Replace the drive.", nil},

	// Nothing can be concluded.
	{"stuck", Doubt, "No progress", "{stage} moved nothing for {minutes} minutes and was ended.", "Check cable, power and slot, then resume the job.", nil},
	{"drive_vanished", Doubt, "The drive vanished", "During {stage} the drive was no longer there{where}: {error}.{kernel}", "Reseat the drive or swap its slot and cable, then resume the job. If it vanishes again, or is still not there, that counts against the drive.", []Code{"surface_errors"}},
	{"path_suspect", Doubt, "The way to the drive is in doubt", "{what} during {stage}; it did not come from the medium.", "Check cable, slot, HBA and memory, then run the test again.", nil},
	{"too_hot", Doubt, "Too hot", "The drive was at {temperature} °C, its limit is {limit} °C.", "Improve the cooling, then resume the job.", nil},
	{"nas_restarted", Doubt, "The NAS restarted", "The NAS restarted at {when} during {stage}{progress}.", "Nothing is known against this drive. Resume the job.", []Code{"runner_killed"}},
	{"runner_killed", Doubt, "The test was killed at the NAS", "The runner ended without a word during {stage}{progress}; the NAS itself did not restart.", "Look for out-of-memory kills in the NAS's log, then resume the job.", nil},
	{"journal_gone", Doubt, "The job's files are gone from the NAS", "The NAS no longer has this job, which was last seen during {stage}{progress}.", "Look who removed the state directory; start a new job.", []Code{"runner_killed"}},
	{"never_begun", Doubt, "The job never began", "The NAS does not have this job: the connection was lost before it was asked, or it refused.", "Nothing was touched. Start it again.", nil},
	{"told_to_end", Doubt, "The NAS told the test to end", "The runner was told to end by the system during {stage}{progress} (the NAS shut down or the service was stopped).", "Nothing is known against this drive. Resume the job.", nil},
	{"foreign_writes", Doubt, "Something else wrote to the drive", "{foreign} sectors were written to the drive that Burnish did not write.", "Find what else uses this drive, then start a new job.", []Code{"surface_errors"}},
	{"usage_changed", Refusal, "What the drive is used for has changed", "Expected {expected}, found {found}.", "Nothing was written by this refusal. Look at the drive again, and unlock it again if you want it erased as it is now.", nil},
	{"identity_changed", Refusal, "This is another drive", "Expected {expected}, found {found} at {path}.", "Check which drive sits in which bay, then start a new job.", nil},
	{"evidence_incomplete", Doubt, "The evidence is incomplete", "The job ended as {state}, but this is missing: {missing}.", "Start a new job. If it happens again, report it with the job's journal.", nil},
	{"resumed_mismatch", Doubt, "Not what an earlier run wrote", "{sectors} sectors, the first at LBA {lba}, do not hold what was written before the job was interrupted. Nobody watched the drive in between: it may have lost its cache, or somebody else wrote.", "Start a new job. If it happens without an interruption, the drive is bad.", nil},
	{"flush_failed", Doubt, "The drive refused to flush its cache", "{stage}: {error}. What was written may not be on the medium.", "Check cable and power, then run the test again.", nil},
	{"engine_failed", Doubt, "The test program did not do its work", "{engine} ended {how}: {said}.", "Run it by hand on the NAS to see why, or choose the plan standard.", nil},
	{"drive_error", Doubt, "The drive refused a request", "{stage}: {error}.", "Check whether the drive is locked, write-protected or reserved by another host.", nil},
	{"journal_failed", Fault, "The journal could not be written", "{error}.", "Free space in the state directory on the NAS, then resume the job.", nil},
	{"runner_fault", Fault, "The runner failed", "{stage}: {error}.", "Report this with the job's journal, then resume the job.", nil},
	{"smart_unreadable", Doubt, "SMART could not be read", "smartctl gave no usable answer: {error}.", "Run smartctl by hand on the NAS to see why.", nil},
	{"selftest_aborted", Doubt, "The self-test was aborted", "The {test} self-test ended without a result: {result}.", "Nothing is known against this drive. Look for what resets it, lets it sleep or stops its tests (spin-down timers, USB bridges, other tools), then resume the job.", nil},
	{"selftest_no_tool", Doubt, "The NAS cannot start this self-test", "The drive can test itself, but {what}.", "Install nvme-cli, or smartmontools 7.4 or newer, on the NAS; then resume the job.", nil},
	{"selftest_unknown", Doubt, "The self-test has no result", "The {test} self-test: {result}.", "Check that nothing else resets the drive or starts tests, then resume the job.", nil},

	// A person wanted it.
	{"stopped_by_person", Person, "Stopped", "Stopped during {stage}{progress}.", "Start a new job when you want the drive tested.", nil},

	// Said beside a verdict.
	{"never_reached", Note, "Not reached", "The job ended before this stage.", "", nil},
	{"without_smart", Note, "Tested without SMART", "The SMART stages were left out on request: the drive's own health data played no part.", "", nil},
	{"selftest_unsupported", Note, "The drive cannot test itself", "The drive has no {test} self-test.", "", nil},
	{"selftest_adopted", Note, "A self-test was running already", "A {test} self-test that Burnish did not start was let end, and its result taken.", "", nil},
	{"selftest_foreign", Note, "Somebody else tests this drive", "The drive's log shows {count} self-tests of this time that Burnish did not start.", "Look for schedules of smartd or of the NAS.", nil},
	{"smart_warning", Note, "Health data worth watching", "{says} {figures}", "", nil},
	{"kernel_errors", Note, "The kernel logged errors of this drive", "{reads} failed reads, {writes} failed writes and {resets} resets of its link; the first: {first}", "Check cable, slot and power.", nil},
	{"hidden_capacity", Note, "The drive hides a part of itself", "{bytes} bytes of it are not shown and were not tested.", "See what hides them before you trust its size: hdparm -N for a host protected area, nvme id-ctrl (unvmcap) for NVMe.", nil},
	{"hot", Note, "The drive ran hot", "{temperature} °C during {stage}; its limit is {limit} °C.", "Improve the cooling.", nil},
	{"engine_missing", Use, "This version has no such engine", "{what} is not part of this version.", "{hint}", nil},
	{"journal_waits", Note, "The job waits for room on the NAS", "The job cannot write its journal: {what}.", "Free some space there, or make it writable again: the job goes on by itself. If the NAS has to restart for that, resume the job afterwards.", nil},
	{"files_put_back", Note, "The job's files were removed", "Somebody removed {dir} while the job was at work; the runner made it anew from what it held open.", "Leave the state directory alone while jobs run; burnish clean removes what is no longer needed.", nil},
	{"stop_waits", Note, "Stopping, the drive does not answer", "The job was stopped, but the drive has not answered {what}: nothing can end that before it does.", "Wait. If the drive stays silent, pull it, or switch the NAS off.", nil},
	{"resumed", Note, "Resumed", "The job was resumed {times} times; {repeated} stages were begun again, and {bytes} bytes were written or read once more.", "", nil},
	{"transient_errors", Note, "Errors that healed", "{count} places gave an error or wrong data once and were right when read again; the first at LBA {lba}.", "Check cable, slot and memory; watch this drive.", nil},
	{"request_hung", Note, "The drive was silent for long", "A request at LBA {lba} had no answer for {seconds} seconds.", "Check cable and power. A drive that does this again should not be trusted.", nil},
	{"slow_spots", Note, "The drive has slow places", "In the {phase} sweep {count} of {parts} parts of the drive were below {percent} % of the speed around them; the slowest, from LBA {lba} on, made {speed} MB/s, with a request of {ms} ms.", "Slow places are often sectors that the drive reads again and again. Watch it.", nil},
	{"slow_for_model", Note, "The drive is slow for its model", "In the {phase} sweep it made {percent} % of the speed of {siblings} other drives of its model in this NAS, at the same places.", "Check its cable, slot, write cache and firmware against the others.", nil},
	{"shingled", Note, "The drive writes as shingled drives do", "It began to write at {first} MB/s and went on at {speed} MB/s.", "Nothing is wrong with it, but it is slow in arrays: rebuilding one takes days.", nil},
	{"cache_possible", Note, "A cache may have answered", "badblocks reads back each part of the drive soon after writing it; the cache of an SSD can hold as much.", "The plan standard reads back only after all of the drive was written.", nil},
	{"not_on_medium", Note, "Zeros read", "{percent} % of what was read are zeros; an SSD may answer them without reading its cells.", "", nil},

	// Refused for safety.
	{"drive_in_use", Refusal, "The drive is in use", "{drive} ({path}): {usage}.", "{way_out}", nil},
	{"locked_for_good", Refusal, "The drive cannot be unlocked", "{drive}: {usage}.", "{way_out}", nil},
	{"drive_locked", Refusal, "The drive is locked", "{drive}: {usage}.", "{way_out}", nil},
	{"grant_expired", Refusal, "The permission has ended", "The permission for {drive} {how}.", "Look at the drive again (burnish drives {nas}) and unlock it again.", nil},
	{"wrong_phrase", Refusal, "The phrase is not right", "{drive} is unlocked by {what}.", "Type it just as burnish drives {nas} --json shows it: the same case, no blank before, within or after that is not there.", nil},
	{"cannot_undo", Refusal, "The drive cannot be brought back", "Job {job}: {why}.", "{way_out}", nil},
	{"smart_unsupported", Refusal, "The drive gives no health data", "{drive} answers no SMART request: {error}.", "Add --without-smart to test it knowingly without its health data.", nil},
	{"smart_silent", Refusal, "The drive did not answer in time", "smartctl was asked about {drive} and gave no answer within its time.", "Nothing is known against this drive. Try again when the NAS is less busy; if it stays so, run smartctl by hand on the NAS.", nil},
	{"raid_volume", Refusal, "This is a volume of a RAID controller", "{drive} is not a drive: smartctl reaches the drives behind a RAID controller.", "Set the controller to HBA (IT) mode, or move the drives to an HBA, so that each can be tested by itself.", nil},
	{"not_readable", Refusal, "The drive cannot be read", "{drive}: {error}.", "Check cable and slot.", nil},
	{"host_key_changed", Refusal, "The NAS shows another host key", "Known for {nas} is {known}; it now shows {shown}.", "If the NAS was reinstalled, remove the profile and add it again with the new fingerprint. If not, somebody may be between you and the NAS.", nil},
	{"nas_changed", Refusal, "This is another machine", "{nas} was machine {known}; it now answers as {shown}.", "If the NAS was replaced or cloned, remove the profile and add it again.", nil},

	// Wrong use or configuration.
	{"wrong_use", Use, "Wrong use", "{what}.", "{hint}", nil},
	{"host_key_unknown", Use, "The host key of the NAS is not known", "{nas} shows {shown}.", "Compare it with the NAS's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and add --host-key {shown}.", nil},
	{"no_such_nas", Use, "No such NAS", "There is no profile named {nas}.", "burnish nas list shows the saved ones.", nil},
	{"nas_exists", Use, "The name is taken", "There is a profile named {nas} already.", "Choose another name, or remove it with: burnish nas remove {nas}", nil},
	{"nas_has_jobs", Use, "The NAS has jobs that have not ended", "{count} jobs of {nas} have not ended.", "Stop them first.", nil},
	{"no_such_drive", Use, "No such drive", "{nas} has no drive {drive}.", "burnish drives {nas} shows what is there.", nil},
	{"ambiguous_drive", Use, "More than one drive is meant", "{drive} fits {count} drives: {ids}.", "Give the id of the one you mean.", nil},
	{"no_such_grant", Use, "No such permission", "There is no permission {grant} here.", "burnish grants NAS lists them.", nil},
	{"no_such_job", Use, "No such job", "There is no job {job} here.", "burnish jobs lists them; burnish adopt NAS takes over those that another computer started.", nil},
	{"no_such_plan", Use, "No such plan", "There is neither a plan nor a file named {plan}.", "burnish plans lists the built-in ones.", nil},
	{"bad_plan", Use, "The plan is not right", "{plan}: {error}.", "burnish plans --json shows what a plan looks like.", nil},
	{"bad_profile", Use, "The profile is not right", "{what}.", "{hint}", nil},
	{"bad_request", Use, "The runner did not understand the request", "{error}.", "Desktop and runner differ in version: test the NAS again (burnish nas test NAME).", nil},
	{"cannot_resume", Use, "The job cannot be resumed", "{job} is {state}.", "Only a job that ended as unknown can be resumed.", nil},
	{"runner_not_embedded", Use, "This build holds no runner", "burnish-runner for linux/{arch} is not embedded.", "Build with: make headless (or make build).", nil},
	{"data_dir_unusable", Use, "The data directory cannot be used", "{dir}: {error}.", "Choose another with --data-dir.", nil},
	{"data_damaged", Fault, "The data was damaged", "It was set aside as {file}; a new one was begun.", "Add your NAS again with: burnish nas add; then burnish adopt NAS brings the history back, from the NAS and from the copies here. Remove the file when you do not need it.", nil},
	{"newer_data", Use, "The data is of a newer version", "{what} was written by a newer Burnish ({version}).", "Update Burnish.", nil},

	// The NAS cannot be reached or used.
	{"nas_unreachable", Reach, "The NAS cannot be reached", "{nas} ({address}): {error}.", "Check that it is on and that SSH is enabled there.", nil},
	{"auth_failed", Reach, "The NAS refused the login", "{user} at {nas}: {error}.", "Check the user, and that the public key is in the NAS's authorized keys; or log in with a password (--password-stdin).", nil},
	{"agent_unusable", Reach, "The SSH agent gives no key", "{user} at {nas}: {error}.", "Start the agent and add a key to it (ssh-add), or give a key with --key FILE.", nil},
	{"password_needed", Use, "A password is needed", "{user} at {nas}: {error}.", "Run the command at a terminal to be asked, or save the password with: burnish nas password NAME", nil},
	{"password_refused", Reach, "The NAS refused the password", "{user} at {nas}: {error}.", "Check the password, and that this user may log in with one (root often may not); then save the right one with: burnish nas password NAME", nil},
	{"password_off", Reach, "The NAS takes no passwords", "{user} at {nas}: {error}.", "Allow password logins in the NAS's SSH settings (TrueNAS: Services, SSH, Allow Password Authentication, and the same for the user), or use a key.", nil},
	{"second_factor", Reach, "The NAS asks for a second factor", "{user} at {nas} is asked \"{prompt}\": {error}.", "Codes cannot be saved: run the command at a terminal, or let the NAS accept a key without a code.", nil},
	{"second_factor_refused", Reach, "The NAS refused password or code", "{user} at {nas}: it did not take the answers.", "Wait for the next code and check the clocks of NAS and phone; check the password too.", nil},
	{"passphrase_needed", Use, "The key is protected by a passphrase", "{key} for {nas}: {error}.", "Run the command at a terminal to be asked, save the passphrase with: burnish nas password NAME --passphrase, or use the SSH agent.", nil},
	{"passphrase_wrong", Use, "The passphrase is wrong", "{key} for {nas} cannot be opened with it.", "Save the right one with: burnish nas password NAME --passphrase", nil},
	{"sudo_refused", Reach, "sudo refused the password", "{user} at {nas}: {error}.", "Check the password, then save the right one with: burnish nas password NAME --sudo", nil},
	{"jump_key_unknown", Use, "The host key of the jump host is not known", "{nas} shows {shown}.", "Compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and add --jump-key {shown}.", nil},
	{"jump_refused", Reach, "The jump host passes nothing on", "{jump} to {address}: {error}.", "Allow it there: AllowTcpForwarding yes in sshd_config, and no restriction of the key.", nil},
	{"keychain_unavailable", Use, "There is no keychain", "{what}: {error}.", "Add --secrets session to be asked each time, or --secrets file to keep secrets in a file that a passphrase seals.", nil},
	{"keychain_denied", Use, "The keychain is locked", "{what}: {error}.", "Unlock the keychain of this computer and try again, or add --secrets session to be asked each time.", nil},
	{"sealed_file_denied", Use, "The sealed file stays closed", "{file}: {error}.", "Try again with the passphrase that it was sealed with. Nobody can recover a forgotten one: then remove the file and save the passwords anew.", nil},
	{"sealed_file_unusable", Fault, "The sealed file cannot be used", "{file}: {error}.", "Move it away and save the passwords anew with: burnish nas password NAME", nil},
	{"secrets_left", Use, "Secrets were left behind", "{nas} is removed, but its secrets are not: {error}.", "Remove what is named {accounts} of the service burnish by hand.", nil},
	{"import_failed", Use, "The SSH configuration cannot be imported", "{file}: {error}.", "{hint}", nil},
	{"legacy_algorithms", Reach, "Only weak encryption in common", "{nas}: {error}.", "Update the SSH server on the NAS. If that cannot be and the network is yours, add --legacy-algorithms.", nil},
	{"algorithms", Reach, "No common encryption", "{nas}: {error}.", "Update the SSH server on the NAS.", nil},
	{"key_unusable", Use, "The key cannot be used", "{key}: {error}.", "Give a private key in the form of OpenSSH, or use the agent.", nil},
	{"no_root", Reach, "No root rights on the NAS", "{user} at {nas}: {error}.", "Log in as root, or let {user} use sudo and say so in the profile (--sudo password or nopasswd). On TrueNAS: Credentials, Users, {user}, Allow all sudo commands. Without root no plan starts; on TrueNAS the drives can still be listed.", nil},
	{"midclt_refused", Reach, "TrueNAS does not do this for the login", "{error}.", "Log in with a user who may use sudo, or give this user a role that may manage disks. From 25.10 on TrueNAS has no methods for self-tests: they need root.", nil},
	{"platform_unsupported", Reach, "This machine cannot run the runner", "{nas} is {platform}.", "Burnish needs Linux on amd64 or arm64.", nil},
	{"state_dir_unusable", Reach, "No place for the runner on the NAS", "{tried}.", "Give a directory that root owns and that allows programs to run: --state-dir DIR", nil},
	{"runner_changed", Refusal, "The runner on the NAS is not ours", "{path} has another content than was put there.", "Find out who changed it, remove it, and test the NAS again.", nil},
	{"nas_garbage", Reach, "The NAS answers nonsense", "{nas}: {error}.", "Check that shell start-up files print nothing, and that this is the NAS you mean.", nil},
	{"nas_too_much", Reach, "The NAS sends too much", "{what} is over the limit of {limit}.", "Check that this is the NAS you mean.", nil},
	{"connection_lost", Reach, "The connection was lost", "{nas}: {error}.", "Check the NAS and the way to it. Jobs that run there go on.", nil},
	{"not_stopped", Reach, "Not proven stopped", "{job}: {error}.", "The request to stop stands. Look again with: burnish show {job}", nil},
	{"not_started", Reach, "The job did not start", "{error}.", "Look at runner.log in the job's directory on the NAS.", nil},
	{"no_space", Fault, "No space left", "{what}: {error}.", "Free some space there.", nil},
	{"mirror_damaged", Fault, "The copy of this job is damaged", "{job}: {error}.", "While the NAS has the job, it is fetched again by: burnish show {job}", nil},
	{"job_damaged", Fault, "A job on the NAS is damaged", "{job}: {error}.", "Its files lie in the state directory of the NAS; move them away when they are of no use. The other jobs are as they were.", nil},
	{"mirror_full", Fault, "The copy of this job is full", "The mirror of {job} reached its limit of {limit} bytes.", "The job goes on at the NAS; read its logs there.", nil},
	{"report_not_written", Use, "The report could not be written", "{file}: {error}.", "Choose another file with -o.", nil},
	{"demo_differs", Fault, "The demo did not come out as it should", "{count} of {of} practice drives did not get the verdict that their fault deserves.", "The table says which. This is a fault of Burnish, or this computer is far too slow.", nil},
	{"internal", Fault, "Burnish failed", "{error}.", "Report this.", nil},
}
