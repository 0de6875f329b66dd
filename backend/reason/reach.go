package reason

// unreachable is what keeps a NAS from being reached or used: the reasons of kind Reach.
var unreachable = []Entry{
	{
		Code:  NASUnreachable,
		Title: "The NAS cannot be reached",
		Text:  "{nas} ({address}): {error}.",
		Hint:  "Check that it is on and that SSH is enabled there.",
		Window: "Check that it is on, that host and port are right, and that SSH is enabled there (TrueNAS: System, " +
			"Services; OpenMediaVault: Services; Unraid: Settings, Management Access).",
	},
	{
		Code:  AuthFailed,
		Title: "The NAS refused the login",
		Text:  "{user} at {nas}: {error}.",
		Hint: "Check the user, and that the public key is in the NAS's authorized keys; or log in with a " +
			"password (--password-stdin).",
		Window: "Check the user, and that the public key is in the NAS's authorized keys; or sign in with a " +
			"password.",
	},
	{
		Code:   AgentUnusable,
		Title:  "The SSH agent gives no key",
		Text:   "{user} at {nas}: {error}.",
		Hint:   "Start the agent and add a key to it (ssh-add), or give a key with --key FILE.",
		Window: "Start the agent and add a key to it (ssh-add), or choose a key file.",
	},
	{
		Code:  PasswordRefused,
		Title: "The NAS refused the password",
		Text:  "{user} at {nas}: {error}.",
		Hint: "Check the password, and that this user may log in with one (root often may not); then save the " +
			"right one with: burnish nas password NAME",
		Window: "Check that this user may sign in with a password (root often may not). Try the NAS again, and " +
			"Burnish asks for the right one.",
	},
	{
		Code:  PasswordOff,
		Title: "The NAS takes no passwords",
		Text:  "{user} at {nas}: {error}.",
		Hint: "Allow password logins in the NAS's SSH settings (TrueNAS: Services, SSH, Allow Password " +
			"Authentication, and the same for the user), or use a key.",
	},
	{
		Code:  SecondFactor,
		Title: "The NAS asks for a second factor",
		Text:  "{user} at {nas} is asked \"{prompt}\": {error}.",
		Hint:  "Codes cannot be saved: run the command at a terminal, or let the NAS accept a key without a code.",
		Window: "Codes cannot be saved: test the NAS again, in the settings, to be asked, or let the NAS accept " +
			"a key without a code.",
	},
	{
		Code:  SecondFactorRefused,
		Title: "The NAS refused password or code",
		Text:  "{user} at {nas}: it did not take the answers.",
		Hint:  "Wait for the next code and check the clocks of NAS and phone; check the password too.",
	},
	{
		Code:   SudoRefused,
		Title:  "sudo refused the password",
		Text:   "{user} at {nas}: {error}.",
		Hint:   "Check the password, then save the right one with: burnish nas password NAME --sudo",
		Window: "Try the NAS again, and Burnish asks for the right one.",
	},
	{
		Code:  JumpRefused,
		Title: "The jump host passes nothing on",
		Text:  "{jump} to {address}: {error}.",
		Hint:  "Allow it there: AllowTcpForwarding yes in sshd_config, and no restriction of the key.",
	},
	{
		Code:  LegacyAlgorithms,
		Title: "Only weak encryption in common",
		Text:  "{nas}: {error}.",
		Hint:  "Update the SSH server on the NAS. If that cannot be and the network is yours, add --legacy-algorithms.",
		Window: "Update the SSH server on the NAS. If that cannot be and the network is yours, allow weak " +
			"encryption, under More.",
	},
	{
		Code:  Algorithms,
		Title: "No common encryption",
		Text:  "{nas}: {error}.",
		Hint:  "Update the SSH server on the NAS.",
	},
	{
		Code:  NoRoot,
		Title: "No root rights on the NAS",
		Text:  "{user} at {nas}: {error}.",
		Hint: "Log in as root, or let {user} use sudo and say so in the profile (--sudo password or nopasswd). " +
			"On TrueNAS: Credentials, Users, {user}, Allow all sudo commands. Without root no plan starts but, on a " +
			"TrueNAS, the plan truenas.",
		Window: "Sign in as root, or let this user use sudo and choose so under Rights on the NAS. On TrueNAS: " +
			"Credentials, Users, Allow all sudo commands. Without root no plan starts but, on a TrueNAS, the plan " +
			"truenas.",
	},
	{
		Code:  MidcltRefused,
		Title: "TrueNAS does not do this for the login",
		Text:  "{error}.",
		Hint: "Log in with a user who may use sudo, or give this user a role that may manage disks. From 25.10 " +
			"on TrueNAS has no methods for self-tests: they need root.",
	},
	{
		Code:  NoShell,
		Title: "The login runs no commands",
		Text:  "{user} at {nas}: {how}. It printed: {said}.",
		Hint: "Give this user a shell that runs commands, such as bash: nologin, and a login for sftp alone, " +
			"run none. On TrueNAS: Credentials, Users, {user}, Edit, Shell. Elsewhere: chsh -s, and ForceCommand " +
			"in the SSH server's settings. A user that has a shell has a start-up file (.bashrc, .profile, " +
			".zshenv, .config/fish/config.fish) that ends or takes over the session.",
	},
	{
		Code:  LoginNoisy,
		Title: "The login prints too much",
		Text:  "{user} at {nas}: more than {limit} before anything that was asked for ran. It begins with: {said}.",
		Hint: "Look for that in the start-up files of this user's shell (.bashrc, .zshenv, " +
			".config/fish/config.fish, .tcshrc) and in ForceCommand of the SSH server's settings, and let it " +
			"print only where somebody reads it.",
	},
	{
		Code:  LoginReads,
		Title: "A start-up file takes the input",
		Text: "{user} at {nas}: what was sent to a command did not reach it. A start-up file of this user's shell " +
			"reads it (read, cat, a question to a person).",
		Hint: "Look for that in .bashrc, .zshenv, .config/fish/config.fish or .tcshrc, and in ForceCommand of the " +
			"SSH server's settings, and let it ask only where somebody is there to answer: in bash, behind " +
			"[[ $- == *i* ]] || return.",
	},
	{
		Code:  SudoTimeout,
		Title: "sudo ends commands too early",
		Text: "{user} at {nas}: sudo ended a command after {limit}: sudoers sets a timeout (command_timeout, or " +
			"TIMEOUT in the user's rule).",
		Hint: "Take it out for this user, or raise it to some minutes (visudo).",
	},
	{
		Code:  PlatformUnsupported,
		Title: "This machine cannot run the runner",
		Text:  "{nas} is {platform}.",
		Hint:  "Burnish needs Linux on amd64 or arm64.",
	},
	{
		Code:  StateDirUnusable,
		Title: "No place for the runner on the NAS",
		Text:  "{tried}.",
		Hint:  "Give a directory that root owns and that allows programs to run: --state-dir DIR",
		Window: "Give a directory that root owns and that allows programs to run: Directory on the NAS, under " +
			"More.",
	},
	{
		Code:  NASGarbage,
		Title: "The NAS answers nonsense",
		Text:  "{nas}: {error}.",
		Hint: "Check that this is the NAS you mean, and that nothing which start-up files leave running prints " +
			"into its sessions.",
	},
	{
		Code:  NASTooMuch,
		Title: "The NAS sends too much",
		Text:  "{what} is over the limit of {limit}.",
		Hint:  "Check that this is the NAS you mean.",
	},
	{
		Code:  ConnectionLost,
		Title: "The connection was lost",
		Text:  "{nas}: {error}.",
		Hint:  "Check the NAS and the way to it. Jobs that run there go on.",
	},
	{
		Code:  NoAnswerYet,
		Title: "The NAS has not answered yet",
		Text:  "{nas} did not answer in time; it may be busy.",
		Hint:  "Ask again in a while. Jobs that run there go on.",
	},
	{
		Code:   NotStopped,
		Title:  "Not proven stopped",
		Text:   "{job}: {error}.",
		Hint:   "The request to stop stands. Look again with: burnish show {job}",
		Window: "The request to stop stands. The drive shows how it goes on.",
	},
	{
		Code:  NotStarted,
		Title: "The job did not start",
		Text:  "{error}.",
		Hint:  "Look at runner.log in the job's directory on the NAS.",
	},
}
