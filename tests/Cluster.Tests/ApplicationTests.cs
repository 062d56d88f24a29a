using System.Diagnostics;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Runner.Cluster.Tests.Kit;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Runner.Proxy;
using Xunit.Abstractions;

namespace Runner.Cluster.Tests;

/// <summary>An application that asks the nodes by actor messages, through one of them and as a member of their cluster.</summary>
public sealed class ApplicationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_application_gets_the_answers_that_the_API_gives(bool joins)
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(2);
        using var application = await Application.StartAsync(joins, nodes);
        var proxy = application.Proxy;

        // Lists are in an envelope on their way, and nobody sees it.
        var registered = Value(await proxy.AskRunnerAsync(new RegisterDeployments(
            [Spec("app/quick", "true"), Spec("app/long", "sleep", "600")])));
        Assert.Equal(["app/quick", "app/long"], registered.Select(r => r.Name));
        Assert.Equal("app/quick", Value(await proxy.AskRunnerAsync(new GetDeployment("app/quick"))).Spec.Name);

        // One run, for a submission that is repeated with its key.
        var submit = new SubmitRun("app/quick", IdempotencyKey: "once");
        var first = Value(await proxy.AskRunnerAsync(submit));
        var second = Value(await proxy.AskRunnerAsync(submit));
        Assert.Equal((true, false, first.Id), (first.Created, second.Created, second.Id));
        await EndAsync(proxy, first.Id, StateType.Completed);
        Assert.NotEmpty(Value(await proxy.AskRunnerAsync(new GetRunHistory(first.Id, 0))));
        Assert.Equal(first.Id, Assert.Single(Value(await proxy.AskRunnerAsync(new ListRuns(Deployment: "app/quick"))).Items).Id);
        Assert.Equal(2, Value(await proxy.AskRunnerAsync(new ListDeployments())).Items.Length);

        // One that has no key makes a run each time.
        var running = Value(await proxy.AskRunnerAsync(new SubmitRun("app/long")));
        Assert.True(running.Created);
        Value(await proxy.AskRunnerAsync(new CancelRun(running.Id, "enough")));
        await EndAsync(proxy, running.Id, StateType.Cancelled);

        Assert.IsType<DeploymentNotFound>((await proxy.AskRunnerAsync(new SubmitRun("app/none"))).Refusal);
        Assert.IsType<RunNotFound>((await proxy.AskRunnerAsync(new GetRun(Guid.Empty))).Refusal);
        Assert.IsType<LimitNotFound>((await proxy.AskRunnerAsync(new DeleteLimit("none"))).Refusal);
        Assert.IsType<RequestNotHandled>((await proxy.AskRunnerAsync(new Unknown())).Refusal);
        await ClusterKit.AllSeeAsync(nodes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_lost_or_done_twice_when_a_node_is_killed(bool joins)
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(3);
        using var application = await Application.StartAsync(joins, nodes);
        var proxy = application.Proxy;
        Value(await proxy.AskRunnerAsync(new RegisterDeployment(Spec("app/many", "true"))));

        const int count = 60;
        var began = Stopwatch.GetTimestamp();
        var asked = new List<Task<Reply<RunSubmitted>>>();
        for (var i = 0; i < count; i++)
        {
            asked.Add(proxy.AskRunnerAsync(new SubmitRun("app/many")));
            if (i == count / 2)
            {
                await nodes[0].KillAsync();
            }
        }

        var runs = (await Task.WhenAll(asked)).Select(Value).ToList();
        output.WriteLine($"all answered after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
        Assert.All(runs, run => Assert.True(run.Created));
        Assert.Equal(count, runs.Select(r => r.Id).Distinct().Count());
        await ClusterKit.AllSeeAsync(nodes[1], nodes[2]);
        var stored = await kit.QueryAsync(
            "SELECT substr(persistence_id, 9) FROM journal WHERE persistence_id LIKE 'FlowRun/%' AND sequence_number = 1");
        Assert.Equal(runs.Select(r => r.Id.ToString()).Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_application_that_is_a_member_hosts_nothing_and_the_nodes_go_on_when_it_is_gone()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var nodes = await kit.FormAsync(2);
        var application = await Application.StartAsync(joins: true, nodes);
        await nodes[0].ClusterSaysAsync("One application is a member, too.");
        var proxy = application.Proxy;
        for (var i = 0; i < 40; i++)
        {
            Value(await proxy.AskRunnerAsync(new RegisterDeployment(Spec($"app/d{i}", "true"))));
        }

        // No region, no singleton and no alarm worker is on it: its actor system has none of their guardians.
        Assert.False(await application.HasAsync("/system/sharding"));
        Assert.False(await application.HasAsync("/user/limiter"));
        Assert.True(await application.HasAsync("/user/runner-proxy"));

        // Gone without a farewell.
        application.Abort();
        await ClusterKit.AllSeeAsync(nodes);
        await Task.WhenAll(nodes.Select(n => n.SeesNoApplicationAsync()));

        // Those that are left still part with a node that is gone.
        await nodes[0].KillAsync();
        await nodes[1].SeesAsync(nodes[1]);
    }

    [Fact]
    public async Task With_TLS_an_application_with_a_certificate_is_answered_and_one_without_is_not()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var certificates = new Certificates(Path.Combine(kit.Root, "own"));
        var node = kit.Start("n1", certificates.Of("n1"));
        await node.SeesAsync(node);
        certificates.Of("application");
        string In(string file) => Path.Combine(kit.Root, "own", file);
        using (var application = await Application.StartAsync(
            RunnerProxyOptions.Connect($"akka.ssl.tcp://runner@{node.Address}") with
            {
                Tls = new RunnerProxyTls(In("application.pem"), In("application.key"), In("ca.pem")),
            }))
        {
            Assert.Empty(Value(await application.Proxy.AskRunnerAsync(new ListDeployments())).Items);
        }

        using var stranger = await Application.StartAsync(
            RunnerProxyOptions.Connect($"akka.tcp://runner@{node.Address}") with { Timeout = TimeSpan.FromSeconds(3) });
        var refusal = Assert.IsType<StoreNotAvailable>((await stranger.Proxy.AskRunnerAsync(new ListDeployments())).Refusal);
        Assert.StartsWith("No node of the cluster answered within 3s.", refusal.Message, StringComparison.Ordinal);
    }

    private static DeploymentSpec Spec(string name, params string[] command) => new() { Name = name, Command = [.. command], Workdir = "/" };

    private static T Value<T>(Reply<T> reply) => reply.Refusal is { } refusal ? throw new InvalidOperationException(refusal.Message) : reply.Value!;

    private static async Task EndAsync(IActorRef proxy, Guid run, StateType state)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var view = Value(await proxy.AskRunnerAsync(new GetRun(run)));
        while (!view.State.Type.IsTerminal())
        {
            await timer.WaitForNextTickAsync();
            view = Value(await proxy.AskRunnerAsync(new GetRun(run)));
        }

        Assert.Equal(state, view.State.Type);
    }

    private sealed record Unknown : IRequest<RunView>;

    private sealed class Application : IDisposable
    {
        private readonly IHost _host;
        private readonly ActorSystem _system;

        private Application(IHost host) => (_host, _system) = (host, host.Services.GetRequiredService<ActorSystem>());

        public IActorRef Proxy => _host.Services.GetRequiredService<IRequiredActor<RunnerProxy>>().ActorRef;

        public static Task<Application> StartAsync(bool joins, ClusterNode[] nodes)
        {
            var addresses = nodes.Select(n => $"akka.tcp://runner@{n.Address}");
            return StartAsync(joins ? RunnerProxyOptions.Join(addresses) : RunnerProxyOptions.Connect(addresses));
        }

        public static async Task<Application> StartAsync(RunnerProxyOptions options)
        {
            var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Services.AddAkka("runner", akka => akka.AddHocon("akka.loglevel = WARNING", HoconAddMode.Prepend).AddRunnerProxy(options));
            var host = builder.Build();
            await host.StartAsync();
            return new Application(host);
        }

        public async Task<bool> HasAsync(string path) =>
            (await _system.ActorSelection(path).Ask<ActorIdentity>(new Identify(null), TimeSpan.FromSeconds(10))).Subject is not null;

        public void Abort() => ((ExtendedActorSystem)_system).Abort();

        public void Dispose()
        {
            _host.StopAsync().GetAwaiter().GetResult();
            _host.Dispose();
        }
    }
}
