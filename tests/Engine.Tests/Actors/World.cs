using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Engine.Simulation;
using Runner.Engine.Testing;
using Serilog;

namespace Runner.Engine.Tests.Actors;

/// <summary>A simulated system with a probe, for tests of one semantic each.</summary>
internal sealed class World
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly ILogger Log = new LoggerConfiguration().CreateLogger();

    public World(ulong seed = 1)
    {
        Simulation = new SimulatedRuntime(seed, Start);
        System = ActorSystem.Create("test", Simulation.Runtime, Log);
        Probe = new TestProbe(System, "probe");
    }

    public SimulatedRuntime Simulation { get; }

    public ActorSystem System { get; }

    public TestProbe Probe { get; }

    public static ActorSystem Real() => ActorSystem.Create("real", EngineRuntime.CreateReal(), Log);

    public IActorRef Spawn(Func<ScriptedActor> actor, string? name = null) => System.ActorOf(Props.Create(actor), name);

    public T Ask<T>(IActorRef target, object message)
    {
        var task = target.Ask<T>(message, TimeSpan.FromSeconds(5), System);
        Simulation.RunUntilCompleted(task, TimeSpan.FromSeconds(10));
        return task.GetAwaiter().GetResult();
    }
}

/// <summary>An actor made of what the test gives it. Reports its hooks to the probe as «label:hook».</summary>
internal sealed class ScriptedActor : ActorBase
{
    private readonly string _label;
    private readonly IActorRef? _probe;
    private int _handled;

    public ScriptedActor(string label = "", IActorRef? probe = null)
    {
        _label = label;
        _probe = probe;
        Report("new");
    }

    public Action<ScriptedActor>? OnStart { get; init; }

    public Action<ScriptedActor>? OnRestarted { get; init; }

    public Action<ScriptedActor>? OnStop { get; init; }

    public Action<ScriptedActor, object>? OnMessage { get; init; }

    public SupervisorStrategy? Strategy { get; init; }

    public bool KeepChildren { get; init; }

    public new IActorContext Context => base.Context;

    public new IActorRef Self => base.Self;

    public new IActorRef Sender => base.Sender;

    protected override SupervisorStrategy SupervisorStrategy => Strategy ?? base.SupervisorStrategy;

    public void Report(string what) => _probe?.Tell($"{_label}:{what}", Self);

    public new void Unhandled(object message) => base.Unhandled(message);

    protected override void OnReceive(object message)
    {
        _handled++;
        switch (message)
        {
            case Exception e:
                throw e;
            case "count":
                Sender.Tell(_handled, Self);
                break;
            default:
                OnMessage?.Invoke(this, message);
                break;
        }
    }

    protected override void PreStart()
    {
        Report("start");
        OnStart?.Invoke(this);
    }

    protected override void PostStop()
    {
        Report("stop");
        OnStop?.Invoke(this);
    }

    protected override void PreRestart(Exception reason, object? message)
    {
        Report($"prerestart {reason.Message}");
        if (!KeepChildren)
        {
            base.PreRestart(reason, message);
        }
    }

    protected override void PostRestart(Exception reason)
    {
        Report($"postrestart {reason.Message}");
        OnRestarted?.Invoke(this);
        base.PostRestart(reason);
    }
}
