using System.Collections.Immutable;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Actors.Tests.Wire;
using Runner.Entities;
using Runner.InMemoryStore;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Persistence.Journal;
using Runner.Simulation;
using Runner.Simulation.Runtime;
using Serilog.Core;

namespace Runner.Actors.Tests.Nodes;

/// <summary>In virtual time that goes on only when a test says so: what is answered without it is answered at once.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit ends it by IAsyncLifetime")]
public sealed class RequestRoutingTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SimulatedWorld _world = new(1, Begin);
    private readonly InMemoryEntityStore _store = new(Tables.All);
    private NodeParts _parts = null!;

    /// <summary>Every type of request that there is for users of a node.</summary>
    private static ImmutableArray<Type> Requests { get; } =
    [
        .. typeof(IRequest).Assembly.GetTypes().Where(t => t is { IsAbstract: false, IsInterface: false } && t.IsAssignableTo(typeof(IRequest)))
            .OrderBy(t => t.Name, StringComparer.Ordinal),
    ];

    public static TheoryData<string> RequestNames => [.. Requests.Select(t => t.Name)];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [MemberData(nameof(RequestNames))]
    public void Every_request_is_answered(string name)
    {
        var answer = Ask(Start(), (IRequest)new WireSamples(0).Message(Requests.Single(t => t.Name == name)));

        Assert.True(answer.IsCompletedSuccessfully, $"{name} was not answered: {answer.Exception}");
        Assert.False(
            RefusalOf(answer) is RequestNotHandled,
            $"Nobody knows {name}: send it to whom it is for in src/Actors/Nodes/RequestRouting.cs, and answer it there, "
            + "also where there is no such entity.");
    }

    [Fact]
    public void A_deployment_alone_is_registered_by_the_same_rules_as_several()
    {
        var node = Start();
        var spec = new DeploymentSpec { Name = "alone/it", Command = ["/bin/true"], Workdir = "/" };

        var refusal = RefusalOf(Ask(node, new RegisterDeployment(spec with { Command = [] })));
        Assert.All(
            Assert.IsType<DeploymentInvalid>(refusal).Problems, p => Assert.StartsWith("deployments[0].command", p.Field, StringComparison.Ordinal));
        var reply = Assert.IsType<Reply<DeploymentRegistered>>(ReplyOf(Ask(node, new RegisterDeployment(spec))));
        Assert.Equal((spec.Name, RegistrationOutcome.Created), (reply.Value!.Name, reply.Value.Outcome));
    }

    [Fact]
    public async Task A_request_that_the_node_does_not_know_is_refused_at_once_and_brings_nothing_to_memory()
    {
        var node = Start();

        var stranger = node.AskAsync(new Stranger("stranger/it"), default);
        var inner = node.AskAsync(new Actors.FlowRuns.CreateRun(Guid.Empty, null!), default);

        Assert.True(stranger.IsCompleted && inner.IsCompleted);
        Assert.Equal(new RequestNotHandled(nameof(Stranger), "The node"), (await stranger).Refusal);
        Assert.Equal(new RequestNotHandled(nameof(Actors.FlowRuns.CreateRun), "The node"), (await inner).Refusal);
        _world.RunFor(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 0), (_parts.Entities.Residents.Count(EntityKinds.Deployment), _parts.Entities.Residents.Count(EntityKinds.FlowRun)));
    }

    [Fact]
    public async Task A_name_that_no_deployment_can_have_is_refused_at_once()
    {
        var answer = Start().AskAsync(new GetDeployment(new string('x', 10_000)), default);

        Assert.True(answer.IsCompleted);
        Assert.IsType<DeploymentNotFound>((await answer).Refusal);
    }

    [Fact]
    public void What_makes_work_is_refused_on_a_full_disk_and_nothing_else() => Assert.Equal(
        [nameof(RegisterDeployment), nameof(RegisterDeployments), nameof(RetryRun), nameof(SubmitRun)], RefusedWith<DiskLow>(Start(isFull: true)));

    [Fact]
    public void A_node_that_is_being_stopped_prunes_nothing_either()
    {
        var node = Start();
        _world.Run(() => _ = node.AbandonAsync());

        Assert.Equal(
            [nameof(PruneRuns), nameof(RegisterDeployment), nameof(RegisterDeployments), nameof(RetryRun), nameof(SubmitRun)],
            RefusedWith<NodeStopping>(node));
    }

    private RunnerNode Start(bool isFull = false)
    {
        var machine = _world.CreateNode();
        var settings = new NodeSettings("node-1", 10, _ => []) { FreeSpace = isFull ? new FreeSpaceRule("/", 1, () => 0) : null };
        var composed = new ComposedNode(_store, new NoPrograms(), settings, machine.Time, Logger.None);
        var system = machine.StartSystem("runner", EntityJournalSetup.StoreConfig(), new EntityStoreSetup(_store, composed.Codec));
        _parts = composed.Parts;
        _ = new SimulatedRouter(system, _parts, null);
        return composed.Started(system, new NodeSurroundings(machine.Random.NewGuid, machine.TerminateAsync, Inline: true));
    }

    /// <summary>The types of the requests that are refused so.</summary>
    private IEnumerable<string> RefusedWith<TRefusal>(RunnerNode node)
        where TRefusal : Refusal =>
        Requests.Where(t => Ask(node, (IRequest)new WireSamples(0).Message(t)) is { IsCompletedSuccessfully: true } answer
            && RefusalOf(answer) is TRefusal).Select(t => t.Name);

    /// <summary>Asks for what the request's type names, and lets a minute go by.</summary>
    private Task Ask(RunnerNode node, IRequest request)
    {
        var reply = request.GetType().GetInterfaces().Single(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequest<>))
            .GetGenericArguments();
        var ask = typeof(RunnerNode).GetMethod(nameof(RunnerNode.AskAsync))!.MakeGenericMethod(reply);
        Task answer = null!;
        _world.Run(() => answer = (Task)ask.Invoke(node, [request, CancellationToken.None])!);
        _world.RunFor(TimeSpan.FromMinutes(1));
        return answer;
    }

    private static object ReplyOf(Task answer) => answer.GetType().GetProperty(nameof(Task<>.Result))!.GetValue(answer)!;

    private static Refusal? RefusalOf(Task answer)
    {
        var reply = ReplyOf(answer);
        return (Refusal?)reply.GetType().GetProperty(nameof(Reply<>.Refusal))!.GetValue(reply);
    }

    /// <summary>Looks like a command for a deployment.</summary>
    private sealed record Stranger(string Deployment) : IDeploymentMessage, IRequest<DeploymentChanged>;

    private sealed class NoPrograms : IFlowRunner
    {
        public void Start(ProcessSpec spec, IProcessObserver observer) => throw new NotSupportedException();

        public void Recover(ProcessSpec spec, ProcessHandle? handle, IProcessObserver observer) => throw new NotSupportedException();

        public void Stop(AttemptKey key, StopSignal signal) => throw new NotSupportedException();

        public void Forget(AttemptKey key) => throw new NotSupportedException();
    }
}
