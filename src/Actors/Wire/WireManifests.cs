using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Members;
using Runner.Actors.Processes;
using Runner.Actors.Retention;
using Runner.Entities;
using Runner.Messages;
using Runner.Wire;

namespace Runner.Actors.Wire;

/// <summary>
/// The names on the wire of what nodes say to each other, beside those of <see cref="MessageManifests"/>. A name never changes, is never given to
/// another message, and stays in this list as a comment when its message has gone: nodes of two versions speak to each other.
/// </summary>
internal static class WireManifests
{
    /// <summary>The envelope of a message to an entity, which <see cref="EnvelopeFormat"/> writes.</summary>
    public const string Envelope = "EM";

    private static readonly WireEntry[] Entries =
    [
        // Entities of every kind.
        Of<Recovered>("ER"),
        Of<WakeUpNow>("EW"),
        Of<EntityErased>("EE"),
        Of<AlarmChanged>("EA"),

        // Deployments.
        Of<NoOpenRuns>("DN"),

        // Runs.
        Of<PlaceRun>("RP"),
        Of<CreateRun>("RM"),
        Of<RepeatRun>("RX"),

        // Limits and their slots.
        Of<LimitSizeChanged>("LZ"),
        Of<LimitUnused>("LU"),
        Of<AcquireSlots>("SA"),
        Of<SlotsGranted>("SG"),
        Of<SlotsRefused>("SF"),
        Of<SlotsConflicted>("SC"),
        Of<GiveWay>("SV"),
        Of<WaitForSlot>("SW"),
        Of<StopWaiting>("SX"),
        Of<SlotsTaken>("ST"),
        Of<SlotsDeclined>("SD"),
        Of<SlotsReleased>("SR"),
        // SS and SN were a node's words to its own limiter.

        // What became of an attempt's process: kept by its run until it has decided, on whichever node that is.
        Of<ProcessStarted>("XS"),
        Of<ProcessNotStarted>("XN"),
        Of<ProcessNeverStarted>("XV"),
        Of<ProcessEnded>("XE"),
        Of<TimeoutReached>("XT"),
        Of<StopForShutdown>("XH"),

        // What a node is told of the attempts that it executes for runs whose actors are elsewhere.
        Of<NodeLost>("XL"),
        Of<StartAttempt>("XA"),
        Of<RecoverAttempt>("XR"),
        Of<StopAttempt>("XX"),
        Of<ForgetAttempt>("XF"),

        // Nodes among each other.
        Of<NodeHere>("NH"),
        Of<ChangesFollow>("NF"),
        Of<EraseOutput>("NE"),
        Of<RunsErased>("NX"),
        Of<RunStateChanged>("NR"),
    ];

    /// <summary>All of them, what an application says and is told among them.</summary>
    public static WireTable Table { get; } = new([.. MessageManifests.Table.Entries, .. Entries]);

    /// <summary>Every name with its type, for tests.</summary>
    public static IEnumerable<(string Manifest, Type Type)> All =>
        Table.Entries.Select(e => (e.Manifest, e.Type)).Append((Envelope, typeof(EntityMessage)));

    private static WireEntry Of<T>(string manifest)
        where T : IWireMessage => WireEntry.Of<T>(manifest, WireJson.Options);
}
