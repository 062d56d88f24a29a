using System.Collections.Frozen;
using System.Collections.Immutable;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Entities.Unreadable;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Actors.Nodes;

/// <summary>What each kind of entity makes of a history, for whoever mends or examines a store.</summary>
internal static class EntityModels
{
    public static FrozenDictionary<string, IEntityModel> All(FlowRunBehaviour runs, IEventCodec codec) => ((IEntityModel[])
    [
        new EntityModel<FlowRunState, IRunEvent, IRunIntent>(runs, static (_, id) => Task.FromResult(OfRun(Guid.Parse(id)))),
        new EntityModel<DeploymentState, IDeploymentEvent, IDeploymentIntent>(
            new DeploymentBehaviour(runs, codec), static (_, id) => Task.FromResult(OfDeployment(id))),
        new EntityModel<LimiterState, ILimitEvent, ILimitIntent>(new LimiterBehaviour(), static (store, _) => OfLimitsAsync(store)),
    ]).ToFrozenDictionary(model => model.Kind, StringComparer.Ordinal);

    private static ImmutableArray<RowChange> OfRun(Guid run) =>
        [RunRow.Delete(run), RunWordsRow.Delete(run), OpenRunRow.Delete(run), WaiterRow.Delete(run)];

    private static ImmutableArray<RowChange> OfDeployment(string name) =>
        [LimitRow.Delete(LimitNames.Deployment(name)), RowChange.Delete(Tables.Retention.Name, name), DeploymentRow.Delete(name)];

    private static async Task<ImmutableArray<RowChange>> OfLimitsAsync(IEntityStore store)
    {
        var rows = ImmutableArray.CreateBuilder<RowChange>();
        await foreach (var row in store.AllAsync(Tables.Limits).ConfigureAwait(false))
        {
            if (LimitNames.KindOf(row.Key) == LimitKind.Named)
            {
                rows.Add(LimitRow.Delete(row.Key));
            }
        }

        return rows.DrainToImmutable();
    }
}
