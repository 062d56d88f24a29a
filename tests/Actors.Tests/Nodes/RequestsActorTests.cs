using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Runner.Actors.Nodes;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;
using Runner.Wire;
using Serilog.Core;

namespace Runner.Actors.Tests.Nodes;

/// <summary>What applications ask a node by messages.</summary>
public sealed class RequestsActorTests : TestKit
{
    private static readonly RunState Scheduled = new(StateType.Scheduled, StateNames.Scheduled, DateTimeOffset.UnixEpoch);
    private readonly Asking _node = new();

    public static TheoryData<string> Requests => [.. typeof(IRequest).Assembly.GetTypes()
        .Where(t => t is { IsAbstract: false } && t.IsAssignableTo(typeof(IRequest))).Select(t => t.FullName!)];

    [Theory]
    [MemberData(nameof(Requests))]
    public void Every_request_of_the_messages_may_be_asked_and_is_brought_to_the_node(string name)
    {
        var type = typeof(IRequest).Assembly.GetType(name)!;
        var request = (IRequest)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
        _ = RequestsActor.AskAsync(_node, request, CancellationToken.None);
        Assert.Same(request, Assert.Single(_node.Asked));
        Assert.True(MessageManifests.Table.Has(type));
    }

    [Fact]
    public void What_is_under_way_is_not_begun_once_more_and_one_too_many_is_told_so()
    {
        var actor = Actor(atOnce: 1);
        actor.Tell(new Asked(1, new GetRun(Guid.Empty)), TestActor);
        actor.Tell(new Asked(1, new GetRun(Guid.Empty)), TestActor);
        actor.Tell(new Asked(2, new GetRun(Guid.Empty)), TestActor);
        Assert.Equal(new Answered(2, new NodeBusy(1)), ExpectMsg<Answered>());

        Assert.Single(_node.Asked);
        _node.Answer.SetResult(new RunNotFound("x"));
        Assert.Equal(new Answered(1, new RunNotFound("x")), ExpectMsg<Answered>());
        // Its number is free again: who asks once more has not heard the answer.
        actor.Tell(new Asked(1, new GetRun(Guid.Empty)), TestActor);
        Assert.Equal(new Answered(1, new RunNotFound("x")), ExpectMsg<Answered>());
    }

    [Fact]
    public void A_list_is_answered_in_its_envelope_and_what_is_no_request_is_refused()
    {
        var actor = Actor(atOnce: 10);
        _node.Answer.SetResult(ImmutableArray.Create(new RunStateChange(1, Scheduled, 0)));
        actor.Tell(new Asked(1, new GetRunHistory(Guid.Empty, 0)), TestActor);
        Assert.Single(((RunSteps)ExpectMsg<Answered>().Reply).Items);
        actor.Tell(new Asked(2, new RunNotFound("x")), TestActor);
        Assert.IsType<RequestNotHandled>(ExpectMsg<Answered>().Reply);

        // Without a number, as it is asked.
        actor.Tell(new GetRunHistory(Guid.Empty, 0), TestActor);
        Assert.Single(ExpectMsg<RunSteps>().Items);
    }

    private IActorRef Actor(int atOnce) => Sys.ActorOf(Props.Create(() => new RequestsActor(_node, atOnce, Logger.None)));

    private sealed class Asking : IRunnerNode
    {
        public List<IRequest> Asked { get; } = [];

        public TaskCompletionSource<object> Answer { get; } = new();

        public async Task<Reply<TReply>> AskAsync<TReply>(IRequest<TReply> request, CancellationToken cancel)
        {
            Asked.Add(request);
            return await Answer.Task is Refusal refusal ? refusal : (TReply)await Answer.Task;
        }

        public Task<HealthReport> HealthAsync(CancellationToken cancel) => throw new NotSupportedException();

        public OtherNode? Elsewhere(string? node) => null;

        public IDisposable Subscribe(Action<RunStateChanged> observer, Action? missed, RunsOf of) => throw new NotSupportedException();

        public Task StopAsync(StopMode mode) => throw new NotSupportedException();
    }
}
