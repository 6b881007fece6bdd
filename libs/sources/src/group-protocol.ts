import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { AssignerProtocol, type Assigner, type PartitionAssigner } from "kafkajs";

/** What a group reads its topic for. Members of one group must agree on it: each gets a part of the topic alone. */
export interface GroupPurpose {
  /** Equal for those that may share the partitions out among them; compared, never shown. */
  readonly key: string;
  /** For people, such as "pipeline orders into database shop at db:5432". Holds no secret. */
  readonly description: string;
}

/** What a member of a group says of itself when it joins. */
export interface MemberProfile {
  readonly topics: readonly string[];
  /** Undefined for a member that is no source of this library. */
  readonly reads: string | undefined;
}

const { MemberAssignment, MemberMetadata } = AssignerProtocol;
const PREFIX = "tidemark-";

/**
 * The name of the protocol by which members share out a topic's partitions. It holds a digest of the topic and of what it is read
 * for. Kafka admits a member only where all members of the group name one protocol in common, so that a member that reads
 * another topic, or for another purpose, is refused before it is assigned anything.
 */
function protocolName(topic: string, { key }: GroupPurpose): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([topic, key]))
    .digest("hex");
  return `${PREFIX}${digest.slice(0, 16)}`;
}

/** Shares the topic's partitions out in turn, under a protocol of its own. */
export function createAssigner(topic: string, purpose: GroupPurpose): PartitionAssigner {
  const name = protocolName(topic, purpose);
  const userData = Buffer.from(JSON.stringify({ reads: purpose.description, process: `${hostname()}:${process.pid}` }));
  const version = 0;
  return ({ cluster }): Assigner => ({
    name,
    version,
    protocol: ({ topics }) => ({ name, metadata: MemberMetadata.encode({ version, topics, userData }) }),
    async assign({ members }) {
      const memberIds = members.map(({ memberId }) => memberId).sort();
      const partitions = cluster.findTopicPartitionMetadata(topic).map((one) => one.partitionId);
      return memberIds.map((memberId, at) => {
        const mine = partitions.filter((_, index) => index % memberIds.length === at);
        const assignment = mine.length === 0 ? {} : { [topic]: mine };
        return {
          memberId,
          memberAssignment: MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }),
        };
      });
    },
  });
}

/** Reads what a member said when it joined, as far as its form is known. */
export function readProfile(metadata: Buffer): MemberProfile {
  try {
    const decoded = MemberMetadata.decode(metadata);
    return { topics: decoded?.topics ?? [], reads: readPurpose(decoded?.userData) };
  } catch {
    return { topics: [], reads: undefined };
  }
}

function readPurpose(userData: Buffer | null | undefined): string | undefined {
  try {
    const said: unknown = JSON.parse(String(userData));
    const isText = typeof said === "object" && said !== null && "reads" in said && typeof said.reads === "string";
    return isText ? (said.reads as string) : undefined;
  } catch {
    return undefined;
  }
}
