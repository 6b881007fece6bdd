import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type Admin,
} from "kafkajs";
import {
  createCertificates,
  readCertificate,
  startRealKafka,
  type CertificateFiles,
  type RealKafka,
} from "../src/index.js";

export const PASSWORDS = { alice: "correct-horse-battery", mallory: "tr0ub4dor" } as const;

/** A Kafka with a listener for each way to connect, right and wrong, and what clients need for them. */
export interface SecuredKafka {
  readonly kafka: RealKafka;
  /** As `host:port` of a listener. */
  address(listener: string): string;
  /** Paths of PEM files. */
  readonly authority: string;
  readonly otherAuthority: string;
  readonly client: CertificateFiles;
  readonly strangeClient: CertificateFiles;
}

const names = "DNS:localhost,IP:127.0.0.1";

export async function startSecuredKafka(directory: string): Promise<SecuredKafka> {
  const make = createCertificates(directory);
  const authority = make.authority("authority");
  const otherAuthority = make.authority("other");
  const certificate = readCertificate(make.signed("broker", "authority", names));
  const misnamed = readCertificate(make.signed("misnamed", "authority", "DNS:kafka.example.com"));
  const expired = readCertificate(make.signed("expired", "authority", names, -1));
  const clientAuthorities = readFileSync(authority, "utf8");
  const kafka = await startRealKafka({
    dataDir: join(directory, "kafka"),
    security: {
      certificate,
      users: PASSWORDS,
      superUsers: ["User:ANONYMOUS", "User:CN=client"],
      listeners: [
        { name: "ENCRYPTED", protocol: "SSL" },
        { name: "MUTUAL", protocol: "SSL", clientAuthorities },
        { name: "MISNAMED", protocol: "SSL", certificate: misnamed },
        { name: "EXPIRED", protocol: "SSL", certificate: expired },
        { name: "USERS", protocol: "SASL_PLAINTEXT" },
        { name: "SECURE", protocol: "SASL_SSL" },
      ],
    },
  });
  return {
    kafka,
    address: (listener) => (listener === "PLAINTEXT" ? kafka.address : `127.0.0.1:${kafka.securePort(listener)}`),
    authority,
    otherAuthority,
    client: make.signed("client", "authority", "DNS:client"),
    strangeClient: make.signed("strange", "other", "DNS:strange"),
  };
}

/** Asks on the plaintext listener, where everything is allowed. */
async function ask<T>(address: string, question: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await question(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Makes a topic that alice may read and write, and lets her join groups whose names begin with `groups`. */
export function createGrantedTopic(address: string, topic: string, groups: string): Promise<void> {
  const grant = (resourceType: AclResourceTypes, resourceName: string, operation: AclOperationTypes) => ({
    resourceType,
    resourceName,
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    principal: "User:alice",
    host: "*",
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  });
  return ask(address, async (admin) => {
    const configEntries = [{ name: "retention.ms", value: "-1" }];
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
    await admin.createAcls({
      acl: [
        grant(AclResourceTypes.TOPIC, topic, AclOperationTypes.READ),
        grant(AclResourceTypes.TOPIC, topic, AclOperationTypes.WRITE),
        grant(AclResourceTypes.GROUP, groups, AclOperationTypes.READ),
        grant(AclResourceTypes.GROUP, groups, AclOperationTypes.DELETE),
      ],
    });
  });
}
