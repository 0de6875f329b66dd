export namespace desk {
	
	export class Step {
	    id: string;
	    state: string;
	    title: string;
	    text: string;
	    said?: reason.Said;
	
	    static createFrom(source: any = {}) {
	        return new Step(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.state = source["state"];
	        this.title = source["title"];
	        this.text = source["text"];
	        this.said = this.convertValues(source["said"], reason.Said);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class AddResult {
	    ok: boolean;
	    nas: string;
	    shown_key: string;
	    of_jump: boolean;
	    steps: Step[];
	
	    static createFrom(source: any = {}) {
	        return new AddResult(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.ok = source["ok"];
	        this.nas = source["nas"];
	        this.shown_key = source["shown_key"];
	        this.of_jump = source["of_jump"];
	        this.steps = this.convertValues(source["steps"], Step);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Cleaned {
	    removed: number;
	
	    static createFrom(source: any = {}) {
	        return new Cleaned(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.removed = source["removed"];
	    }
	}
	export class Grant {
	    id: string;
	    drive: string;
	    usage: string;
	    expires_ms: number;
	
	    static createFrom(source: any = {}) {
	        return new Grant(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.drive = source["drive"];
	        this.usage = source["usage"];
	        this.expires_ms = source["expires_ms"];
	    }
	}
	export class Why {
	    layer: string;
	    answer: string;
	    sure: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Why(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.layer = source["layer"];
	        this.answer = source["answer"];
	        this.sure = source["sure"];
	    }
	}
	export class Drive {
	    key: string;
	    nas: string;
	    id: string;
	    serial?: string;
	    wwn?: string;
	    model: string;
	    kind: string;
	    size_bytes: number;
	    hidden_bytes: number;
	    path: string;
	    bay: string;
	    transport: string;
	    temp_c?: number;
	    smart?: boolean;
	    passed?: boolean;
	    smart_said: string;
	    smart_off: boolean;
	    smart_type: string;
	    usage_class: string;
	    usage_text: string;
	    parts: string[];
	    phrase_kind: string;
	    phrase: string;
	    way_out: string;
	    why: Why[];
	    read_ok: boolean;
	    destructive_ok: boolean;
	    locking: string;
	    missing: boolean;
	    job: string;
	    grant?: Grant;
	
	    static createFrom(source: any = {}) {
	        return new Drive(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.key = source["key"];
	        this.nas = source["nas"];
	        this.id = source["id"];
	        this.serial = source["serial"];
	        this.wwn = source["wwn"];
	        this.model = source["model"];
	        this.kind = source["kind"];
	        this.size_bytes = source["size_bytes"];
	        this.hidden_bytes = source["hidden_bytes"];
	        this.path = source["path"];
	        this.bay = source["bay"];
	        this.transport = source["transport"];
	        this.temp_c = source["temp_c"];
	        this.smart = source["smart"];
	        this.passed = source["passed"];
	        this.smart_said = source["smart_said"];
	        this.smart_off = source["smart_off"];
	        this.smart_type = source["smart_type"];
	        this.usage_class = source["usage_class"];
	        this.usage_text = source["usage_text"];
	        this.parts = source["parts"];
	        this.phrase_kind = source["phrase_kind"];
	        this.phrase = source["phrase"];
	        this.way_out = source["way_out"];
	        this.why = this.convertValues(source["why"], Why);
	        this.read_ok = source["read_ok"];
	        this.destructive_ok = source["destructive_ok"];
	        this.locking = source["locking"];
	        this.missing = source["missing"];
	        this.job = source["job"];
	        this.grant = this.convertValues(source["grant"], Grant);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Form {
	    name: string;
	    host: string;
	    port: number;
	    user: string;
	    key_file: string;
	    agent: boolean;
	    password_login: boolean;
	    password: string;
	    passphrase: string;
	    sudo: string;
	    sudo_password: string;
	    host_key: string;
	    jump: string;
	    jump_key: string;
	    state_dir: string;
	    keep: string;
	    virtual_drives: boolean;
	    legacy_algorithms: boolean;
	    slots: number;
	    keep_days: number;
	    auto_resume: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Form(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.host = source["host"];
	        this.port = source["port"];
	        this.user = source["user"];
	        this.key_file = source["key_file"];
	        this.agent = source["agent"];
	        this.password_login = source["password_login"];
	        this.password = source["password"];
	        this.passphrase = source["passphrase"];
	        this.sudo = source["sudo"];
	        this.sudo_password = source["sudo_password"];
	        this.host_key = source["host_key"];
	        this.jump = source["jump"];
	        this.jump_key = source["jump_key"];
	        this.state_dir = source["state_dir"];
	        this.keep = source["keep"];
	        this.virtual_drives = source["virtual_drives"];
	        this.legacy_algorithms = source["legacy_algorithms"];
	        this.slots = source["slots"];
	        this.keep_days = source["keep_days"];
	        this.auto_resume = source["auto_resume"];
	    }
	}
	
	export class Host {
	    name: string;
	    host: string;
	    user: string;
	    port: number;
	    key_file: string;
	    agent: boolean;
	    jump: string;
	    host_key: string;
	    reason?: reason.Said;
	
	    static createFrom(source: any = {}) {
	        return new Host(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.host = source["host"];
	        this.user = source["user"];
	        this.port = source["port"];
	        this.key_file = source["key_file"];
	        this.agent = source["agent"];
	        this.jump = source["jump"];
	        this.host_key = source["host_key"];
	        this.reason = this.convertValues(source["reason"], reason.Said);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Segment {
	    kind: string;
	    state: string;
	    weight: number;
	    progress: number;
	
	    static createFrom(source: any = {}) {
	        return new Segment(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.kind = source["kind"];
	        this.state = source["state"];
	        this.weight = source["weight"];
	        this.progress = source["progress"];
	    }
	}
	export class Job {
	    id: string;
	    nas: string;
	    nas_name: string;
	    drive_key: string;
	    drive_id: string;
	    drive_kind: string;
	    drive_path: string;
	    serial: string;
	    model: string;
	    size_bytes: number;
	    plan: string;
	    destroys: boolean;
	    state: string;
	    reason?: reason.Said;
	    warnings: number;
	    coverage: string;
	    stages: Segment[];
	    stage: string;
	    phase: string;
	    stage_progress: number;
	    progress: number;
	    bps?: number;
	    mean_bps?: number;
	    temp_c?: number;
	    left_ms?: number;
	    stage_left_ms?: number;
	    created_ms: number;
	    started_ms: number;
	    ended_ms: number;
	    seen_ms: number;
	    paused?: reason.Said;
	    stopping?: reason.Said;
	    can_stop: boolean;
	    can_resume: boolean;
	    can_undo: boolean;
	    erased: string;
	    undo: string;
	    bad_sectors: number;
	    bytes_moved: number;
	
	    static createFrom(source: any = {}) {
	        return new Job(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.nas = source["nas"];
	        this.nas_name = source["nas_name"];
	        this.drive_key = source["drive_key"];
	        this.drive_id = source["drive_id"];
	        this.drive_kind = source["drive_kind"];
	        this.drive_path = source["drive_path"];
	        this.serial = source["serial"];
	        this.model = source["model"];
	        this.size_bytes = source["size_bytes"];
	        this.plan = source["plan"];
	        this.destroys = source["destroys"];
	        this.state = source["state"];
	        this.reason = this.convertValues(source["reason"], reason.Said);
	        this.warnings = source["warnings"];
	        this.coverage = source["coverage"];
	        this.stages = this.convertValues(source["stages"], Segment);
	        this.stage = source["stage"];
	        this.phase = source["phase"];
	        this.stage_progress = source["stage_progress"];
	        this.progress = source["progress"];
	        this.bps = source["bps"];
	        this.mean_bps = source["mean_bps"];
	        this.temp_c = source["temp_c"];
	        this.left_ms = source["left_ms"];
	        this.stage_left_ms = source["stage_left_ms"];
	        this.created_ms = source["created_ms"];
	        this.started_ms = source["started_ms"];
	        this.ended_ms = source["ended_ms"];
	        this.seen_ms = source["seen_ms"];
	        this.paused = this.convertValues(source["paused"], reason.Said);
	        this.stopping = this.convertValues(source["stopping"], reason.Said);
	        this.can_stop = source["can_stop"];
	        this.can_resume = source["can_resume"];
	        this.can_undo = source["can_undo"];
	        this.erased = source["erased"];
	        this.undo = source["undo"];
	        this.bad_sectors = source["bad_sectors"];
	        this.bytes_moved = source["bytes_moved"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class JobWhole {
	    job: Job;
	    full: any;
	
	    static createFrom(source: any = {}) {
	        return new JobWhole(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.job = this.convertValues(source["job"], Job);
	        this.full = source["full"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class LogChunk {
	    text: string;
	    from: number;
	    next: number;
	    size: number;
	
	    static createFrom(source: any = {}) {
	        return new LogChunk(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.text = source["text"];
	        this.from = source["from"];
	        this.next = source["next"];
	        this.size = source["size"];
	    }
	}
	export class NAS {
	    id: string;
	    name: string;
	    host: string;
	    user: string;
	    port: number;
	    practice: boolean;
	    phase: string;
	    since_ms: number;
	    next_ms: number;
	    reason?: reason.Said;
	    platform: string;
	    hostname: string;
	    surveyed_ms: number;
	    surveying: boolean;
	    slots: number;
	    keep_days: number;
	    auto_resume: boolean;
	    live_jobs: number;
	
	    static createFrom(source: any = {}) {
	        return new NAS(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.name = source["name"];
	        this.host = source["host"];
	        this.user = source["user"];
	        this.port = source["port"];
	        this.practice = source["practice"];
	        this.phase = source["phase"];
	        this.since_ms = source["since_ms"];
	        this.next_ms = source["next_ms"];
	        this.reason = this.convertValues(source["reason"], reason.Said);
	        this.platform = source["platform"];
	        this.hostname = source["hostname"];
	        this.surveyed_ms = source["surveyed_ms"];
	        this.surveying = source["surveying"];
	        this.slots = source["slots"];
	        this.keep_days = source["keep_days"];
	        this.auto_resume = source["auto_resume"];
	        this.live_jobs = source["live_jobs"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Typed {
	    drive: string;
	    phrase: string;
	
	    static createFrom(source: any = {}) {
	        return new Typed(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.drive = source["drive"];
	        this.phrase = source["phrase"];
	    }
	}
	export class Order {
	    nas: string;
	    drives: string[];
	    plan: string;
	    without_smart: boolean;
	    smart_type: string;
	    smart_on: boolean;
	    declared: string;
	    unlock: Typed[];
	
	    static createFrom(source: any = {}) {
	        return new Order(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.nas = source["nas"];
	        this.drives = source["drives"];
	        this.plan = source["plan"];
	        this.without_smart = source["without_smart"];
	        this.smart_type = source["smart_type"];
	        this.smart_on = source["smart_on"];
	        this.declared = source["declared"];
	        this.unlock = this.convertValues(source["unlock"], Typed);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class PlanStage {
	    kind: string;
	    engine: string;
	    passes: number;
	
	    static createFrom(source: any = {}) {
	        return new PlanStage(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.kind = source["kind"];
	        this.engine = source["engine"];
	        this.passes = source["passes"];
	    }
	}
	export class Plan {
	    name: string;
	    text: string;
	    destroys: boolean;
	    stages: PlanStage[];
	    builtin: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Plan(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.text = source["text"];
	        this.destroys = source["destroys"];
	        this.stages = this.convertValues(source["stages"], PlanStage);
	        this.builtin = source["builtin"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class Point {
	    t_ms: number;
	    bytes_done: number;
	    bps?: number;
	    temp_c?: number;
	    phase: string;
	
	    static createFrom(source: any = {}) {
	        return new Point(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.t_ms = source["t_ms"];
	        this.bytes_done = source["bytes_done"];
	        this.bps = source["bps"];
	        this.temp_c = source["temp_c"];
	        this.phase = source["phase"];
	    }
	}
	export class Question {
	    id: string;
	    nas: string;
	    about: string;
	    text: string;
	    echo: boolean;
	    again: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Question(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.nas = source["nas"];
	        this.about = source["about"];
	        this.text = source["text"];
	        this.echo = source["echo"];
	        this.again = source["again"];
	    }
	}
	
	export class Series {
	    job: string;
	    points: Point[];
	
	    static createFrom(source: any = {}) {
	        return new Series(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.job = source["job"];
	        this.points = this.convertValues(source["points"], Point);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Snapshot {
	    seq: number;
	    now_ms: number;
	    version: string;
	    practice: boolean;
	    temporary: boolean;
	    nas: NAS[];
	    drives: Drive[];
	    jobs: Job[];
	    plans: Plan[];
	    questions: Question[];
	
	    static createFrom(source: any = {}) {
	        return new Snapshot(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.seq = source["seq"];
	        this.now_ms = source["now_ms"];
	        this.version = source["version"];
	        this.practice = source["practice"];
	        this.temporary = source["temporary"];
	        this.nas = this.convertValues(source["nas"], NAS);
	        this.drives = this.convertValues(source["drives"], Drive);
	        this.jobs = this.convertValues(source["jobs"], Job);
	        this.plans = this.convertValues(source["plans"], Plan);
	        this.questions = this.convertValues(source["questions"], Question);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class Treatment {
	    slots: number;
	    keep_days: number;
	    auto_resume: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Treatment(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.slots = source["slots"];
	        this.keep_days = source["keep_days"];
	        this.auto_resume = source["auto_resume"];
	    }
	}
	

}

export namespace reason {
	
	export class Said {
	    code: string;
	    title: string;
	    text: string;
	    hint: string;
	
	    static createFrom(source: any = {}) {
	        return new Said(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.code = source["code"];
	        this.title = source["title"];
	        this.text = source["text"];
	        this.hint = source["hint"];
	    }
	}

}

