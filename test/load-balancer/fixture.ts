import { NameServer } from "./name-server";
import { Nginx, type NginxTest } from "./nginx";
import { nginxCommand, type Confines } from "./nginx-command";
import { Replica, type Handler } from "./replica";

/** What a spec uses: everything it starts ends with the test that started it. */
export interface Balancer {
  start(test: NginxTest, prepare?: (folder: string) => void, confines?: Confines): Promise<Nginx>;
  /** Replicas of the name `app.test`; without a balancer's `resolver` pass {@link Balancer.resolver}. */
  replicas(count: number, handler?: Handler): Promise<Replica[]>;
  readonly names: NameServer;
  readonly resolver: { addresses: string[]; valid: number };
}

/** Skips a test whose nginx has to run in a container, saying so, where it does not. */
export async function needsContainer(test: Mocha.Context): Promise<void> {
  if ((await nginxCommand()).confines) return;
  console.log("skipped, because TESTBRO_NGINX is a program of this machine: what it may use cannot be confined");
  test.skip();
}

/** Declares the hooks of a suite that needs a real nginx; skips it, saying why, where none can be had. */
export function withNginx(): Balancer {
  let names: NameServer | undefined;
  const running: Nginx[] = [];
  const replicas: Replica[] = [];

  before(async function () {
    this.timeout(600_000);
    try {
      await nginxCommand();
    } catch (error) {
      console.log(`skipped, because there is no nginx to test with: ${(error as Error).message}`);
      this.skip();
    }
  });
  beforeEach(async () => {
    names = await NameServer.start();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((nginx) => nginx.stop()));
    await Promise.all(replicas.splice(0).map((replica) => replica.kill()));
    await names?.stop();
  });

  const nameServer = (): NameServer => {
    if (!names) throw new Error("only within a test");
    return names;
  };
  return {
    async start(test, prepare, confines) {
      const nginx = await Nginx.start(test, prepare, confines);
      running.push(nginx);
      return nginx;
    },
    async replicas(count, handler) {
      const started = await Replica.several(count, handler);
      replicas.push(...started);
      nameServer().set("app.test", ...started.map((replica) => replica.address));
      return started;
    },
    get names() {
      return nameServer();
    },
    get resolver() {
      return { addresses: [nameServer().address], valid: 1 };
    },
  };
}
