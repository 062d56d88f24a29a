using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;

namespace Runner.Wire;

/// <summary>
/// The names on the wire of what an application and a node say to each other, most of which nodes say among themselves, too. A name never changes,
/// is never given to another message, and stays in this list as a comment when its message has gone: programs of two versions speak to each other.
/// </summary>
internal static class MessageManifests
{
    public static WireTable Table { get; } = new(
    [
        // Requests of applications with their answers.
        Of<Asked>("QA"),
        Of<Answered>("QR"),

        // Entities of every kind.
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
        Of<RegisterDeployments>("DL"),
        Of<RegisteredDeployments>("DM"),
        Of<ListDeployments>("DQ"),
        Of<DeploymentPage>("DF"),

        // Runs.
        Of<SubmitRun>("RS"),
        Of<RunSubmitted>("RA"),
        Of<CancelRun>("RC"),
        Of<RunCancelAccepted>("RK"),
        Of<RetryRun>("RT"),
        Of<GetRun>("RG"),
        Of<RunView>("RV"),
        Of<ListRuns>("RL"),
        Of<RunPage>("RF"),
        Of<GetRunHistory>("RH"),
        Of<RunSteps>("RJ"),
        Of<PruneRuns>("PR"),
        Of<PruneReport>("PA"),

        // Limits.
        Of<SetLimit>("LS"),
        Of<DeleteLimit>("LX"),
        Of<LimitChanged>("LC"),
        Of<ListLimits>("LL"),
        Of<LimitPage>("LP"),

        // Nodes.
        Of<ListNodes>("NL"),
        Of<NodeList>("NM"),
        Of<DrainNode>("ND"),
        Of<NodeDraining>("NG"),

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
    ]);

    private static WireEntry Of<T>(string manifest)
        where T : IWireMessage => WireEntry.Of<T>(manifest, MessageJson.Options);
}
