using Akka.Actor;
using Akka.Hosting;
using AkkaApp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Proxy;

// Asks a cluster of Runner's nodes by actor messages: has a program run, waits for its end, and cancels another.
if (Arguments.Read(args) is not { } options)
{
    Console.Error.WriteLine(Arguments.Usage);
    return 2;
}

var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

// A member of the nodes' cluster has their actor system's name.
builder.Services.AddAkka("runner", akka => akka.AddHocon("akka.loglevel = WARNING", HoconAddMode.Prepend).AddRunnerProxy(options));
using var host = builder.Build();
await host.StartAsync();
var runner = host.Services.GetRequiredService<IRequiredActor<RunnerProxy>>().ActorRef;
try
{
    return await SampleAsync(runner);
}
finally
{
    await host.StopAsync();
}

static async Task<int> SampleAsync(IActorRef runner)
{
    var registered = await runner.AskRunnerAsync(new RegisterDeployments(
    [
        new DeploymentSpec { Name = "akka-app/hello", Command = ["echo", "hello"], Workdir = "/" },
        new DeploymentSpec { Name = "akka-app/sleep", Command = ["sleep", "600"], Workdir = "/" },
    ]));
    if (registered.Refusal is { } refusal)
    {
        // Each says what happened, to what, and what to do.
        Console.Error.WriteLine(refusal.Message);
        return 1;
    }

    var hello = await runner.AskRunnerAsync(new SubmitRun("akka-app/hello"));
    Console.WriteLine($"{hello.Value!.Id} is {hello.Value.State.Name}");
    Console.WriteLine($"{hello.Value.Id} has ended: {(await EndAsync(runner, hello.Value.Id)).State.Name}");

    var sleep = await runner.AskRunnerAsync(new SubmitRun("akka-app/sleep"));
    var cancelled = await runner.AskRunnerAsync(new CancelRun(sleep.Value!.Id, "it was an example"));
    Console.WriteLine($"{sleep.Value.Id} is {cancelled.Value!.State.Name}");
    Console.WriteLine($"{sleep.Value.Id} has ended: {(await EndAsync(runner, sleep.Value.Id)).State.Name}");

    var nothing = await runner.AskRunnerAsync(new SubmitRun("akka-app/nothing"));
    Console.WriteLine($"refused: {nothing.Refusal!.Message}");
    return 0;
}

static async Task<RunView> EndAsync(IActorRef runner, Guid run)
{
    using var every = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
    while (true)
    {
        var view = (await runner.AskRunnerAsync(new GetRun(run))).Value!;
        if (view.State.Type.IsTerminal())
        {
            return view;
        }

        await every.WaitForNextTickAsync();
    }
}
