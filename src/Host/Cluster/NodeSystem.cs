using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Configuration;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Persistence.Journal;

namespace Runner.Host.Cluster;

/// <summary>Composes a node's actors in an actor system of their own, with Akka.Hosting.</summary>
internal static class NodeSystem
{
    /// <summary>The name of the actor system: nodes of one cluster have the same.</summary>
    public const string Name = "runner";

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(5);

    /// <param name="akka">The settings of Akka.NET.</param>
    public static async Task<RunnerNode> StartAsync(
        IEntityStore store, IFlowRunner flowRunner, NodeSettings settings, TimeProvider time, ILogger log, Config akka, CancellationToken cancel)
    {
        var node = new ComposedNode(store, flowRunner, settings, time, log);
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        // Signals are the command's own business.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddAkka(Name, akkaBuilder => node.AddTo(akkaBuilder
            .AddHocon(akka, HoconAddMode.Prepend)
            .AddEntityJournal(new EntityStoreSetup(store, node.Codec))
            .WithClustering()));
        var host = builder.Build();
        await host.StartAsync(cancel).ConfigureAwait(false);
        await ReadyAsync(node, time, cancel).ConfigureAwait(false);
        return node.Started(host.Services.GetRequiredService<ActorSystem>(), NewId, async () =>
        {
            await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
            host.Dispose();
        });
    }

    /// <summary>A node whose store is away is up all the same, and says so.</summary>
    private static async Task ReadyAsync(ComposedNode node, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            await node.Ready.WaitAsync(ReadyWithin, time, cancel).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Its health tells what is missing.
        }
    }

#pragma warning disable RS0030 // Ids that are not computed come in here.
    private static Guid NewId(DateTimeOffset now) => Guid.CreateVersion7(now);
#pragma warning restore RS0030

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
