using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Deployments;

/// <summary>What a deployment decides in each phase about each message: events, then intents, then the reply.</summary>
public sealed class DeploymentDecisionTable
{
    private const string None = "";
    private const string NotFound = "=DeploymentNotFound";
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DeploymentBehaviour Behaviour = new(new FlowRunBehaviour("n"), new JournalCodec());
    private static readonly DeploymentSpec Spec =
        new() { Name = "flow/d", Command = ["true"], Workdir = "/", Schedules = [new() { Id = "s", Interval = TimeSpan.FromMinutes(1) }] };

    /// <summary>Rows are messages, columns phases: None, Active, Paused, Cancelling, Deleted.</summary>
    public static TheoryData<string, string[]> Table => new()
    {
        { "register", ["DeploymentDeclared =DeploymentRegistered", "=DeploymentRegistered", "=DeploymentRegistered",
            "DeploymentDeclared =DeploymentRegistered", "DeploymentDeclared =DeploymentRegistered"] },
        { "register-other", ["DeploymentDeclared =DeploymentRegistered", "DeploymentDeclared =DeploymentRegistered",
            "DeploymentDeclared =DeploymentRegistered", "DeploymentDeclared =DeploymentRegistered", "DeploymentDeclared =DeploymentRegistered"] },
        { "place", [NotFound, "=AnswerFrom", "=AnswerFrom", NotFound, NotFound] },
        { "pause", [NotFound, "DeploymentPaused =DeploymentChanged", "=DeploymentChanged", NotFound, NotFound] },
        { "resume", [NotFound, "=DeploymentChanged", "DeploymentResumed =DeploymentChanged", NotFound, NotFound] },
        { "switch-off", [NotFound, "ScheduleSwitched =DeploymentChanged", "ScheduleSwitched =DeploymentChanged", NotFound, NotFound] },
        { "switch-unknown", [NotFound, "=ScheduleNotFound", "=ScheduleNotFound", NotFound, NotFound] },
        { "delete", [NotFound, "DeploymentDeleted =DeploymentChanged", "DeploymentDeleted =DeploymentChanged", NotFound, NotFound] },
        { "delete-cancel", [NotFound, "DeploymentDeleted CancelOpenRuns =DeploymentChanged", "DeploymentDeleted CancelOpenRuns =DeploymentChanged",
            NotFound, NotFound] },
        { "get", [NotFound, "=DeploymentView", "=DeploymentView", NotFound, NotFound] },
        { "no-open-runs", [None, None, None, "DeletedRunsCancelled", None] },
        { "recovered", [None, "OccurrencesEmitted WakeRun", None, "CancelOpenRuns", None] },
        { "wake-up", [None, "OccurrencesEmitted WakeRun", None, "CancelOpenRuns", None] },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void In_every_phase_a_message_has_its_documented_consequence(string message, string[] expected) =>
        Assert.Equal(expected, States().Select(state => DecisionText.Of(Behaviour.Decide(state, Message(message), Now(message)))));

    [Fact]
    public void Every_message_stands_in_the_table_and_every_phase()
    {
        Assert.Equal(
            // A submission reaches the deployment with an id.
            DecisionText.MessagesTo(typeof(IDeploymentMessage), [typeof(DeploymentActor).Namespace!], typeof(SubmitRun)),
            Table.Select(row => Message((string)((object[])row)[0]).GetType()).Distinct().OrderBy(t => t.Name, StringComparer.Ordinal));
        Assert.Equal(Enum.GetValues<DeploymentPhase>(), States().Select(state => state.Phase));
    }

    private static DeploymentState[] States()
    {
        var active = Then(Behaviour.Initial("flow/d"), new RegisterDeployment(Spec));
        var cancelling = Then(active, new DeleteDeployment("flow/d", RunsOnDelete.Cancel));
        return [Behaviour.Initial("flow/d"), active, Then(active, new PauseDeployment("flow/d")), cancelling, Then(cancelling, NoOpenRuns.Instance)];
    }

    private static object Message(string name) => name switch
    {
        "register" => new RegisterDeployment(Spec),
        "register-other" => new RegisterDeployment(Spec with { Description = "another" }),
        "place" => new PlaceRun(new SubmitRun("flow/d"), Guid.Empty),
        "pause" => new PauseDeployment("flow/d"),
        "resume" => new ResumeDeployment("flow/d"),
        "switch-off" => new SwitchSchedule("flow/d", "s", Active: false),
        "switch-unknown" => new SwitchSchedule("flow/d", "t", Active: false),
        "delete" => new DeleteDeployment("flow/d"),
        "delete-cancel" => new DeleteDeployment("flow/d", RunsOnDelete.Cancel),
        "get" => new GetDeployment("flow/d"),
        "no-open-runs" => NoOpenRuns.Instance,
        "recovered" => Recovered.Instance,
        "wake-up" => WakeUpNow.Instance,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    /// <summary>Before the schedule is due, but for what looks at the time.</summary>
    private static DateTimeOffset Now(string message) => message is "recovered" or "wake-up" ? Start.AddSeconds(61) : Start.AddSeconds(30);

    private static DeploymentState Then(DeploymentState state, object message) =>
        Behaviour.Decide(state, message, Start).Events.Aggregate(state, (s, e) => Behaviour.Apply(s, e, Start));
}
