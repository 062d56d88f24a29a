using System.Collections.Immutable;
using System.IO.Enumeration;

namespace Runner.Host.Cluster;

/// <summary>A setting of Akka.NET that is not a user's to set.</summary>
/// <param name="Path">From <c>akka</c> down. <c>*</c> stands for any characters of one name, <c>**</c> for any number of names. What lies below is
/// meant too.</param>
/// <param name="Why">What would be lost; a clause.</param>
/// <param name="Instead">What to do; a sentence.</param>
internal sealed record AkkaGuard(string Path, string Why, string Instead)
{
    private readonly ImmutableArray<string> _names = [.. Path.Split('.')];

    /// <summary>Whether a setting is this one or lies below it.</summary>
    public bool Covers(ImmutableArray<string> path) => Covers(_names.AsSpan(), path.AsSpan());

    /// <summary>Whether this one lies below a path, so that a plain value there would take it away.</summary>
    public bool LiesBelow(ImmutableArray<string> path)
    {
        var open = _names.IndexOf("**");
        var head = open < 0 ? _names.Length : open;
        return path.Length < head + (open < 0 ? 0 : 1) && Covers(_names.AsSpan(0, Math.Min(path.Length, head)), path.AsSpan());
    }

    private static bool Covers(ReadOnlySpan<string> pattern, ReadOnlySpan<string> path)
    {
        if (pattern.IsEmpty)
        {
            return true;
        }

        if (pattern[0] == "**")
        {
            return Covers(pattern[1..], path) || (!path.IsEmpty && Covers(pattern, path[1..]));
        }

        return !path.IsEmpty && FileSystemName.MatchesSimpleExpression(pattern[0], path[0], ignoreCase: false) && Covers(pattern[1..], path[1..]);
    }
}

/// <summary>
/// Every setting of Akka.NET that would undo a guarantee, with its reason; some differ between a node on its own and one of a cluster. The one list;
/// <see cref="AkkaSettings"/> holds a settings file against it.
/// </summary>
internal static class AkkaGuards
{
    private const string LeaveItOut = "Leave it out.";
    private const string TheStore = "Say runner.data, or runner.store, for another place.";

    private const string TwoHalves = "who is a member is decided in one way by all; two halves of a cluster would both go on";
    private const string ByRunner = "Set it in runner.cluster.";

    /// <summary>What no node may be told.</summary>
    private static readonly ImmutableArray<AkkaGuard> Common =
    [
        .. Of("entities and limits are found through the cluster, of which a node on its own is the only member", LeaveItOut,
            "akka.actor.provider"),
        .. Of("what is in the journal and on the wire is written in one way, which every version of this program has to read", LeaveItOut,
            "akka.actor.serializers", "akka.actor.serialization-bindings", "akka.actor.serialization-identifiers",
            "akka.actor.serialization-settings",
            "akka.persistence.**.serializer", "akka.persistence.**.event-adapters", "akka.persistence.**.event-adapter-bindings"),
        .. Of("an actor that is made in another way, or more than once, decides what another has decided already", LeaveItOut,
            "akka.actor.deployment", "akka.actor.router", "akka.actor.guardian-supervisor-strategy"),
        .. Of("a bounded mailbox, or one in another order, loses what an actor counts on", LeaveItOut,
            "akka.actor.default-mailbox", "akka.actor.mailbox", "akka.**.mailbox-type", "akka.**.mailbox-requirement"),
        .. Of("what runs an actor must run it alone, and not on the thread that sends", "Its other settings, such as throughput, may be set.",
            "akka.**.*dispatcher.type", "akka.persistence.dispatchers.*.type", "akka.**.pinned-store.type"),
        .. Of("schedules, grace times and leases are measured by it", LeaveItOut,
            "akka.scheduler.implementation"),
        .. Of("events, rows, slots and wake-ups are written in one transaction by this program's own journal", TheStore,
            "akka.persistence.**.class", "akka.persistence.**.plugin", "akka.persistence.**.auto-start-journals",
            "akka.persistence.**.auto-start-snapshot-stores", "akka.persistence.**.connection-string", "akka.persistence.**.connection-string-name",
            "akka.persistence.**.provider-name", "akka.persistence.**.auto-initialize", "akka.persistence.**.table-mapping",
            "akka.persistence.**.table-name", "akka.persistence.**.schema-name", "akka.persistence.**.columns", "akka.persistence.**.tag-write-mode",
            "akka.persistence.**.tag-separator", "akka.persistence.**.read-isolation-level", "akka.persistence.**.write-isolation-level"),
        .. Of("an entity that moved and came back would lose its last event; the store's own key keeps two writers apart", LeaveItOut,
            "akka.persistence.**.replay-filter"),
        .. Of("what an entity has been told while it recovers would be dropped", LeaveItOut,
            "akka.persistence.internal-stash-overflow-strategy"),
        .. Of(TwoHalves, LeaveItOut,
            "akka.cluster.downing-provider-class", "akka.cluster.auto-down-unreachable-after",
            "akka.cluster.down-removal-margin", "akka.cluster.run-coordinated-shutdown-when-down", "akka.cluster.**.use-lease",
            "akka.coordination.**.lease-class", "akka.cluster.**.implementation-class", "akka.remote.**.implementation-class"),
        .. Of("the node would wait for members that never come, and do no work", LeaveItOut,
            "akka.cluster.min-nr-of-members", "akka.cluster.**.role"),
        .. Of("where entities are is known to the members alone, and what loads them are their wake-ups in the store", LeaveItOut,
            "akka.cluster.**.state-store-mode", "akka.cluster.**.remember-entities", "akka.cluster.**.remember-entities-store",
            "akka.cluster.**.durable"),
        .. Of("the node's commands decide when it ends, in which order and with which exit code", "The phases' timeouts may be set.",
            "akka.coordinated-shutdown.exit-clr", "akka.coordinated-shutdown.run-by-clr-shutdown-hook",
            "akka.coordinated-shutdown.terminate-actor-system",
            "akka.coordinated-shutdown.run-by-actor-system-terminate", "akka.coordinated-shutdown.phases.*.depends-on",
            "akka.coordinated-shutdown.phases.*.recover", "akka.coordinated-shutdown.phases.*.enabled"),
        .. Of("the node has one log", "Set akka.loglevel and runner.log-level for more of it, or runner.log-file for another place.",
            "akka.loggers", "akka.logger-formatter", "akka.stdout-logger-class"),
        .. Of("it writes every setting to the log, passwords too", "`runner config show` prints them without.",
            "akka.log-config-on-start"),
    ];

    /// <summary>Of a node on its own, in the order in which they are looked through.</summary>
    public static ImmutableArray<AkkaGuard> All { get; } =
    [
        .. Common,
        .. Of("a node on its own opens no port but its API's, and nobody joins it", LeaveItOut,
            "akka.remote.enabled-transports", "akka.remote.local", "akka.remote.adapters", "akka.remote.**.transport-class",
            "akka.remote.**.applied-adapters",
            "akka.cluster.seed-nodes"),
        .. Of(TwoHalves, LeaveItOut, "akka.cluster.split-brain-resolver"),
    ];

    /// <summary>Of a node of a cluster, in which timings may be set, in the order in which they are looked through.</summary>
    public static ImmutableArray<AkkaGuard> OfCluster { get; } =
    [
        .. Common,
        .. Of("the nodes of a cluster speak to each other in one way", LeaveItOut,
            "akka.remote.enabled-transports", "akka.remote.local", "akka.remote.adapters", "akka.remote.**.transport-class",
            "akka.remote.**.applied-adapters", "akka.remote.dot-netty.tcp.transport-protocol", "akka.remote.dot-netty.tcp.byte-order"),
        .. Of("where a node listens, under which name, and whom it trusts is said in one place", ByRunner,
            "akka.remote.dot-netty.tcp.hostname", "akka.remote.dot-netty.tcp.public-hostname", "akka.remote.dot-netty.tcp.port",
            "akka.remote.dot-netty.tcp.public-port", "akka.remote.dot-netty.tcp.enable-ssl", "akka.remote.dot-netty.tcp.ssl"),
        .. Of(TwoHalves, "Its timings may be set.",
            "akka.cluster.split-brain-resolver.active-strategy", "akka.cluster.split-brain-resolver.lease-majority.lease-implementation",
            "akka.cluster.split-brain-resolver.lease-majority.lease-name", "akka.cluster.split-brain-resolver.static-quorum",
            "akka.cluster.split-brain-resolver.keep-majority", "akka.cluster.split-brain-resolver.keep-oldest",
            "akka.cluster.split-brain-resolver.keep-referee"),
        .. Of("a member is told the addresses of others when it joins, so that it never founds a cluster of its own", LeaveItOut,
            "akka.cluster.shutdown-after-unsuccessful-join-seed-nodes"),
    ];

    private static IEnumerable<AkkaGuard> Of(string why, string instead, params string[] paths) =>
        paths.Select(path => new AkkaGuard(path, why, instead));
}
