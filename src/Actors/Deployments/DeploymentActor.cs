using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Runner.Actors.Limits;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Deployments;

/// <summary>A deployment: the shell around <see cref="DeploymentBehaviour"/>.</summary>
/// <param name="occurred">Called for each run that it makes; null for nobody who counts.</param>
internal sealed class DeploymentActor(
    EntityServices entities, DeploymentBehaviour behaviour, Func<IActorRef> limiter, DamagedRows damaged, Action? occurred, string id)
    : EntityActor<DeploymentState, IDeploymentEvent, IDeploymentIntent>(entities, behaviour, id), IWithTimers
{
    private const int CancelAtOnce = 1000;

    /// <summary>How long runs that were told to cancel are given before they are looked for again.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override bool CanPassivate(DeploymentState state) => !state.CancelsRuns;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override bool HandleOutside(object message)
    {
        switch (message)
        {
            case OpenRuns open:
                OnOpenRuns(open.Rows);
                return true;
            case OpenRunsNotRead:
                LookAgainSoon();
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    protected override void CaughtUp(DeploymentState before, DeploymentState after)
    {
        if (before.Limit != after.Limit)
        {
            limiter().Tell(new LimitSizeChanged(LimitNames.Deployment(Key.Id), after.Limit), Self);
        }
    }

    /// <inheritdoc/>
    protected override void CarryOut(IDeploymentIntent intent)
    {
        switch (intent)
        {
            case WakeRun wake:
                occurred?.Invoke();
                Services.Router.Tell(new EntityKey(EntityKinds.FlowRun, wake.Run.ToString("D")), WakeUpNow.Instance, Self);
                break;
            case ILimiterMessage message:
                limiter().Tell(message, Self);
                break;
            case CancelOpenRuns:
                Services.Store.RowsAsync(OpenRunsOf(Key.Id))
                    .PipeTo(Self, Self, rows => new OpenRuns(damaged.Read(Tables.OpenRuns, rows, OpenRunRow.Of)), _ => new OpenRunsNotRead());
                break;
            default:
                throw new InvalidOperationException($"A deployment does not know how to carry out {intent.GetType().Name}.");
        }
    }

    /// <summary>Some runs of a deployment that have not ended.</summary>
    internal static RowQuery OpenRunsOf(string deployment) => new(
        Tables.OpenRuns.Name, [new("deployment", RowOperator.Equal, deployment)], [new("deployment")], CancelAtOnce);

    private void OnOpenRuns(ImmutableArray<OpenRunRow> rows)
    {
        if (rows.IsEmpty)
        {
            Self.Tell(NoOpenRuns.Instance, Self);
            return;
        }

        foreach (var row in rows)
        {
            Services.Router.Tell(
                new EntityKey(EntityKinds.FlowRun, row.Run.ToString("D")),
                new CancelRun(row.Run, $"Its deployment '{Key.Id}' was deleted."), ActorRefs.NoSender);
        }

        LookAgainSoon();
    }

    private void LookAgainSoon() => Timers.StartSingleTimer(typeof(CancelOpenRuns), WakeUpNow.Instance, LookAgain);

    private sealed record OpenRuns(ImmutableArray<OpenRunRow> Rows) : INoSerializationVerificationNeeded;

    private sealed record OpenRunsNotRead : INoSerializationVerificationNeeded;
}

/// <summary>Composes the deployments of a node.</summary>
internal static class DeploymentHosting
{
    private const string Region = "deployments";

    public static AkkaConfigurationBuilder AddDeployments(this AkkaConfigurationBuilder builder, NodeParts parts, ClusterRouter router) => builder
        .WithShardRegion<DeploymentActor>(Region, id => Props(parts, id), EntityExtractor.Instance, NodeHosting.Shards)
        .WithActors((_, registry) => router.Add(EntityKinds.Deployment, Region, registry.Get<DeploymentActor>()));

    public static Props Props(NodeParts parts, string id)
    {
        var behaviour = new DeploymentBehaviour(parts.RunBehaviour, parts.Codec);
        Action? occurred = parts.Settings.Telemetry is { } telemetry ? telemetry.Runs.Occurred : null;
        return ActorProducer.Props(
            () => new DeploymentActor(parts.Entities, behaviour, () => parts.Router.Limiter, parts.DamagedRows, occurred, id));
    }
}
