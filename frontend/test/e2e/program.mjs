// The programs under test: burnish-e2e shows the page on loopback, burnish-cli reads the same data directory.
import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const need = (name) => {
  const v = process.env[name]
  if (!v) throw new Error(`${name} is not set; make page-test sets it`)
  return v
}
export const scratch = need('BURNISH_TEST_DIR')
const page = need('BURNISH_TEST_PAGE')
const cli = need('BURNISH_TEST_CLI')

export class Program {
  url = ''
  #child
  #over

  // start runs the page on a data directory and returns when it can be opened.
  static async start(data, ...args) {
    const p = new Program()
    p.#child = spawn(page, ['--data-dir', data, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, HOME: scratch, BURNISH_E2E_DIR: scratch },
    })
    p.#over = new Promise((done) => p.#child.once('exit', (code, signal) => done(signal ?? code)))
    p.url = await Promise.race([
      new Promise((found) => createInterface(p.#child.stdout).on('line', (l) => l.startsWith('http://') && found(l))),
      p.#over.then((how) => {
        throw new Error(`the page's program ended with ${how} before it served the page`)
      }),
    ])
    return p
  }

  // end sends a signal and gives how the program ended: its exit code, or the signal that it died of.
  end(signal = 'SIGTERM') {
    this.#child.kill(signal)
    return this.over()
  }

  // over waits for the program's end.
  over() {
    return this.#over
  }

  // close is what a person does at the frame of a window.
  async close() {
    const at = new URL(this.url)
    at.pathname = '/e2e/close'
    await fetch(at, { method: 'POST' }).catch(() => {}) // a program that ends at once does not answer
  }
}

// burnish runs the command line on a data directory and gives what it printed.
export function burnish(data, ...args) {
  return new Promise((done, fail) => {
    execFile(
      cli,
      ['--data-dir', data, ...args],
      { maxBuffer: 64 << 20, env: { ...process.env, HOME: scratch } },
      (e, stdout, stderr) =>
        e && !stdout ? fail(new Error(`burnish ${args.join(' ')}: ${stderr || e}`)) : done(stdout),
    )
  })
}

export const lines = (text) =>
  text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((l) => JSON.parse(l))
