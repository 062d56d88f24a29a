using System.Collections.Frozen;
using System.Text.Json.Serialization.Metadata;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Members;
using Runner.Actors.Processes;
using Runner.Actors.Retention;
using Runner.Entities;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;

namespace Runner.Actors.Wire;

/// <summary>What one type of message is called on the wire, and its JSON there.</summary>
internal sealed record WireEntry(string Manifest, Type Type, JsonTypeInfo Json);

/// <summary>
/// The names of messages on the wire. A name never changes, is never given to another message, and stays in this list as a comment when
/// its message has gone: nodes of two versions speak to each other.
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
        Of<SkipEvent>("EK"),
        Of<EventSkipped>("EL"),

        // Deployments.
        Of<RegisterDeployment>("DR"),
        Of<DeploymentRegistered>("DA"),
        Of<PauseDeployment>("DP"),
        Of<ResumeDeployment>("DU"),
        Of<SwitchSchedule>("DS"),
        Of<DeleteDeployment>("DX"),
        Of<DeploymentChanged>("DC"),
        Of<GetDeployment>("DG"),
        Of<DeploymentView>("DV"),
        Of<NoOpenRuns>("DN"),

        // Runs.
        Of<SubmitRun>("RS"),
        Of<PlaceRun>("RP"),
        Of<CreateRun>("RM"),
        Of<RunSubmitted>("RA"),
        Of<CancelRun>("RC"),
        Of<RunCancelAccepted>("RK"),
        Of<RetryRun>("RT"),
        Of<RepeatRun>("RX"),
        Of<GetRun>("RG"),
        Of<RunView>("RV"),
        Of<PruneRuns>("PR"),
        Of<PruneReport>("PA"),

        // Limits and their slots.
        Of<SetLimit>("LS"),
        Of<DeleteLimit>("LX"),
        Of<LimitChanged>("LC"),
        Of<ListLimits>("LL"),
        Of<LimitPage>("LP"),
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
        Of<EraseOutput>("NE"),
        Of<DrainNode>("ND"),
        Of<NodeDraining>("NG"),
        Of<RunStateChanged>("NR"),

        // Refusals.
        Of<DeploymentNotFound>("ZDN"),
        Of<DeploymentInvalid>("ZDI"),
        Of<ScheduleNotFound>("ZSN"),
        Of<SubmissionInvalid>("ZSI"),
        Of<RunNotFound>("ZRN"),
        Of<RunAlreadyEnded>("ZRE"),
        Of<RunNotEnded>("ZRO"),
        Of<LimitNotFound>("ZLN"),
        Of<NodeNotFound>("ZNO"),
        Of<KeyUsedOtherwise>("ZKU"),
        Of<LimitInvalid>("ZLI"),
        Of<QueryInvalid>("ZQI"),
        Of<PruneInvalid>("ZPI"),
        Of<StoreNotAvailable>("ZNA"),
        Of<StoreIsFull>("ZSF"),
        Of<RequestNotHandled>("ZNH"),
        Of<NodeBusy>("ZNB"),
        Of<TooManyFollowers>("ZTF"),
        Of<DiskLow>("ZDL"),
        Of<NodeStopping>("ZNS"),
        Of<EntityUnreadable>("ZEU"),
        Of<SkipRefused>("ZES"),
    ];

    private static readonly FrozenDictionary<Type, WireEntry> ByType = Entries.ToFrozenDictionary(e => e.Type);
    private static readonly FrozenDictionary<string, WireEntry> ByManifest = Entries.ToFrozenDictionary(e => e.Manifest, StringComparer.Ordinal);

    /// <summary>Every name with its type, for tests.</summary>
    public static IEnumerable<(string Manifest, Type Type)> All =>
        Entries.Select(e => (e.Manifest, e.Type)).Append((Envelope, typeof(EntityMessage)));

    /// <summary>How messages of a type are written.</summary>
    /// <exception cref="WireException">They are not.</exception>
    public static WireEntry Of(object message) => ByType.TryGetValue(message.GetType(), out var entry) ? entry : throw Unnamed(message);

    /// <summary>How messages of a name are read.</summary>
    /// <exception cref="WireException">This program has never heard of it.</exception>
    public static WireEntry Of(string manifest) => ByManifest.TryGetValue(manifest, out var entry) ? entry : throw new WireException(
        $"A message called '{manifest}' came from another node and is not known here: that node is of a newer version. It is left out; "
        + "bring this node to the same version.", manifest);

    private static WireException Unnamed(object message) => new(
        $"{message.GetType()} has no name on the wire and cannot go to another node. Give it one in {nameof(WireManifests)}, or mark it "
        + "INoSerializationVerificationNeeded if it never leaves its node.");

    private static WireEntry Of<T>(string manifest)
        where T : IWireMessage => new(manifest, typeof(T), WireJson.Options.GetTypeInfo(typeof(T)));
}
