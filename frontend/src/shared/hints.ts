// Some hints of the program name what to type at the command line. Here is what a person at the window does instead, by the
// reason's code.
const atTheWindow: Record<string, string> = {
  files_put_back:
    'Leave the state directory alone while jobs run. Clean up, in the settings, removes what is no longer needed.',
  grant_expired: 'Look at the drives again and unlock this one again.',
  wrong_phrase:
    'Type it just as it is shown above the field: the same case, no blank before, within or after that is not there.',
  smart_unsupported:
    'In the start dialog: let SMART be switched on where it is off, or choose how smartctl reaches the drive; or tick that this drive is tested without its health data, to do so knowingly.',
  host_key_unknown:
    "Compare it with the NAS's own: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows that at the NAS. Go on only if they are the same.",
  jump_key_unknown:
    "Compare it with the host's own: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows that at the host. Go on only if they are the same.",
  no_such_nas: 'It may have been removed in another window. Add it again.',
  nas_exists: 'Choose another name, or remove the other one in the settings.',
  no_such_drive: 'Look at the drives again.',
  no_such_grant: 'It may have ended. Unlock the drive again.',
  no_such_job: 'Find jobs, in the settings, takes over those that another computer started.',
  needs_new_job:
    'Nothing that it had found out can be built upon. Start a new job on the drive; unlock it first where its row says so.',
  mirrors_full:
    'Save the reports that you need, then remove the directories of old jobs among the copies. Logs are cut long before this; look whether the NAS sends what Burnish wrote.',
  no_such_plan: 'Choose another plan.',
  bad_plan: 'Mend the file of the plan, or choose another plan.',
  bad_request: 'Burnish and its runner on the NAS differ in version: test the NAS again, in the settings.',
  data_dir_unusable: 'Make room there, or give this user the right to write there, and start Burnish again.',
  data_damaged:
    'Add your NAS again; then Find jobs, in the settings, brings the history back, from the NAS and from the copies here. Remove the file when you do not need it.',
  auth_failed: "Check the user, and that the public key is in the NAS's authorized keys; or sign in with a password.",
  agent_unusable: 'Start the agent and add a key to it (ssh-add), or choose a key file.',
  password_needed: 'Try the NAS again, in the settings: Burnish asks for the password.',
  password_refused:
    'Check that this user may sign in with a password (root often may not). Try the NAS again, and Burnish asks for the right one.',
  second_factor:
    'Codes cannot be saved: test the NAS again, in the settings, to be asked, or let the NAS accept a key without a code.',
  passphrase_needed: 'Test the NAS again, in the settings, to be asked for the passphrase, or use the SSH agent.',
  passphrase_wrong: 'Try the NAS again, and type the right one.',
  sudo_refused: 'Try the NAS again, and Burnish asks for the right one.',
  keychain_unavailable: 'Choose that secrets are kept in a sealed file, or until the window is closed.',
  keychain_denied:
    'Unlock the keychain of this computer and try again, or choose that secrets are kept until the window is closed.',
  sealed_file_unusable: 'Move it away; the passwords are asked for again.',
  legacy_algorithms:
    'Update the SSH server on the NAS. If that cannot be and the network is yours, allow weak encryption, under More.',
  no_root:
    'Sign in as root, or let this user use sudo and choose so under Rights on the NAS. On TrueNAS: Credentials, Users, Allow all sudo commands. Without root no plan starts; on TrueNAS the drives can still be listed.',
  state_dir_unusable:
    'Give a directory that root owns and that allows programs to run: Directory on the NAS, under More.',
  not_stopped: 'The request to stop stands. The drive shows how it goes on.',
  mirror_damaged: 'While the NAS has the job, opening it again fetches it anew.',
}

export const hintOf = (code: string, hint: string) => atTheWindow[code] ?? hint
