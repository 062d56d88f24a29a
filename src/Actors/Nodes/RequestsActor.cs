using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Tools.Client;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Hosting;
using Runner.Entities;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;
using Runner.Wire;
using Serilog;

namespace Runner.Actors.Nodes;

/// <summary>
/// Where applications that speak Akka.NET ask a node of a cluster, at <c>/user/requests</c> of each: everything that the HTTP API is asked, with the
/// same checks and the same answers. Applications that are no members find it through the cluster's receptionist.
/// </summary>
/// <remarks>
/// Whoever is not answered asks again, with the same number: what is under way already is not begun once more.
/// </remarks>
#pragma warning disable CA1001 // An actor ends by PostStop, which disposes of it.
internal sealed class RequestsActor : UntypedActor
#pragma warning restore CA1001
{
    private readonly IRunnerNode _node;
    private readonly int _atOnce;
    private readonly ILogger _log;
    private readonly HashSet<(IActorRef Asker, long Id)> _underWay = [];
    private readonly CancellationTokenSource _over = new();
    private int _count;

    /// <param name="atOnce">How many requests it takes at once.</param>
    public RequestsActor(IRunnerNode node, int atOnce, ILogger log) => (_node, _atOnce, _log) = (node, atOnce, log);

    /// <summary>The answer of a node to a request whose type is known only here.</summary>
    public static Task<object> AskAsync(IRunnerNode node, IRequest request, CancellationToken cancel)
    {
        return request switch
        {
            IRequest<RunSubmitted> of => Ask(of),
            IRequest<RunCancelAccepted> of => Ask(of),
            IRequest<RunView> of => Ask(of),
            IRequest<RunPage> of => Ask(of),
            IRequest<ImmutableArray<RunStateChange>> of => Ask(of),
            IRequest<PruneReport> of => Ask(of),
            IRequest<DeploymentRegistered> of => Ask(of),
            IRequest<ImmutableArray<DeploymentRegistered>> of => Ask(of),
            IRequest<DeploymentChanged> of => Ask(of),
            IRequest<DeploymentView> of => Ask(of),
            IRequest<DeploymentPage> of => Ask(of),
            IRequest<LimitChanged> of => Ask(of),
            IRequest<LimitPage> of => Ask(of),
            IRequest<EventSkipped> of => Ask(of),
            IRequest<NodeList> of => Ask(of),
            IRequest<NodeDraining> of => Ask(of),
            _ => Task.FromResult<object>(NotHandled(request)),
        };

        async Task<object> Ask<TReply>(IRequest<TReply> of)
        {
            var reply = await node.AskAsync(of, cancel).ConfigureAwait(false);
            return (object?)reply.Refusal ?? reply.Value!;
        }
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _over.Cancel();
        _over.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Asked { Request: IRequest request } asked when _underWay.Add((Sender, asked.Id)):
                Take(request, asked.Id);
                break;
            case Asked { Request: IRequest }:
                break;
            case Asked asked:
                Sender.Tell(new Answered(asked.Id, NotHandled(asked.Request)));
                break;
            case IRequest request:
                Take(request, null);
                break;
            case Done done:
                _count--;
                Answer(done.Asker, done.Id, done.Answer);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <param name="id">The asker's number of it; null for one who asks once and without.</param>
    private void Take(IRequest request, long? id)
    {
        if (_count >= _atOnce)
        {
            Answer(Sender, id, new NodeBusy(_atOnce));
            return;
        }

        _count++;
        var (asker, over) = (Sender, _over.Token);
        CarryOutAsync().PipeTo(Self);

        async Task<Done> CarryOutAsync()
        {
            try
            {
                return new Done(asker, id, await AskAsync(_node, request, over).ConfigureAwait(false));
            }
            catch (OperationCanceledException)
            {
                return new Done(asker, id, new NodeStopping());
            }
            catch (Exception e)
            {
                _log.Error(e, "A {Request:l} of an application failed, which is a mistake in this program", request.GetType().Name);
                return new Done(asker, id, NotHandled(request));
            }
        }
    }

    private void Answer(IActorRef asker, long? id, object answer)
    {
        var reply = Requests.OnWire(answer);
        if (id is { } number)
        {
            _underWay.Remove((asker, number));
            asker.Tell(new Answered(number, reply));
        }
        else
        {
            asker.Tell(reply);
        }
    }

    private static RequestNotHandled NotHandled(object request) => new(request.GetType().Name, "The node");

    private sealed record Done(IActorRef Asker, long? Id, object Answer) : INoSerializationVerificationNeeded;
}

/// <summary>Composes what takes requests of applications, on each node of a cluster.</summary>
internal static class RequestsHosting
{
    /// <summary>What the receptionist needs; its serializers have to be there from the start.</summary>
    public static AkkaConfigurationBuilder AddReceptionist(this AkkaConfigurationBuilder builder) => builder
        .AddHocon(ClusterClientReceptionist.DefaultConfig(), HoconAddMode.Append)
        .AddHocon(DistributedPubSub.DefaultConfig(), HoconAddMode.Append);

    /// <summary>Takes requests from now on.</summary>
    public static void Start(ActorSystem system, IRunnerNode node, int atOnce, ILogger log) => ClusterClientReceptionist.Get(system).RegisterService(
        system.ActorOf(ActorProducer.Props(() => new RequestsActor(node, atOnce, log)), Requests.Actor));
}
