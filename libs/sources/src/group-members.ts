import type { SourceError } from "./errors.js";
import { groupInUse } from "./errors.js";
import { readProfile, type GroupPurpose, type MemberProfile } from "./group-protocol.js";
import { askKafka } from "./kafkajs-admin.js";
import type { ClientOptions } from "./kafkajs-client.js";

export interface GroupMember extends MemberProfile {
  readonly memberId: string;
  readonly clientId: string;
  /** As Kafka writes it, with a slash before it. */
  readonly host: string;
}

/** What the group's coordinator tells about it. */
export interface DescribedGroup {
  /** As Kafka names it, such as `Stable` or `PreparingRebalance`. */
  readonly state: string;
  readonly protocol: string;
  readonly members: readonly GroupMember[];
}

export interface GroupPlace extends ClientOptions {
  readonly topic: string;
  readonly group: string;
  readonly purpose: GroupPurpose;
}

/** Rejects with a SourceError. */
export async function describeGroup(place: GroupPlace, signal: AbortSignal): Promise<DescribedGroup> {
  const { groups } = await askKafka({ ...place, signal }, "", (admin) => admin.describeGroups([place.group]));
  const [found] = groups;
  const members = (found?.members ?? []).map(({ memberId, clientId, clientHost, memberMetadata }) => {
    return { memberId, clientId, host: clientHost, ...readProfile(memberMetadata) };
  });
  return { state: found?.state ?? "Dead", protocol: found?.protocol ?? "", members };
}

/**
 * Says who is in the group, after Kafka has refused this client because no protocol is common to all members. Kafka tells a
 * member's topics only while the group is stable.
 */
export async function explainConflict(place: GroupPlace, cause: unknown, signal: AbortSignal): Promise<SourceError> {
  const { group, topic, purpose } = place;
  let others: string[] = [];
  try {
    const { members } = await describeGroup(place, signal);
    others = [...new Set(members.map(describeMember))];
  } catch {
    // Who it is cannot be told; that somebody is in the group is certain.
  }
  return groupInUse(group, describeReading(topic, purpose.description), others, cause);
}

/**
 * The group has members of Kafka's newer protocol (KIP-848). The broker gives those their partitions, and asks no assignor, so that
 * none can be kept out; a source joins by the older protocol alone, and such a group names no leader to it.
 */
export function joinedByNewerProtocol({ group, topic, purpose }: Omit<GroupPlace, "brokers">): SourceError {
  const others = ["consumers of Kafka's newer group protocol (group.protocol=consumer)"];
  return groupInUse(group, describeReading(topic, purpose.description), others, undefined);
}

function describeMember({ clientId, host, topics, reads }: GroupMember): string {
  const at = `client "${clientId}" at ${host.replace(/^\//, "")}`;
  if (topics.length === 0) return at;
  const which = topics.map((topic) => `"${topic}"`).join(", ");
  return `${at}, which reads ${describeReading(which, reads ?? "", "")}`;
}

function describeReading(topic: string, description: string, quote = '"'): string {
  return `topic ${quote}${topic}${quote}${description === "" ? "" : ` for ${description}`}`;
}
