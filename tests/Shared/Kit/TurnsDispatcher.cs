using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Dispatch;

namespace Runner.Tests.Kit;

/// <summary>
/// The turns of a system's actors. While the system starts they run on threads, as it waits for its own parts; from then on they run when the
/// test says, one after the other on its thread: a test knows when there is nothing left to happen, and nothing happens meanwhile.
/// </summary>
internal sealed class Turns : Setup
{
    private readonly object _lock = new();
    private readonly List<IRunnable> _ready = [];
    private int _running;
    private bool _onThreads = true;

    /// <summary>Which of the turns that are ready is next; in order if null.</summary>
    public Random? Chance { get; set; }

    public void Add(IRunnable turn)
    {
        lock (_lock)
        {
            if (!_onThreads)
            {
                _ready.Add(turn);
                return;
            }

            _running++;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                turn.Run();
                lock (_lock)
                {
                    _running--;
                    Monitor.PulseAll(_lock);
                }
            },
            null);
    }

    /// <summary>From now on turns are the test's.</summary>
    public void Take()
    {
        lock (_lock)
        {
            _onThreads = false;
            while (_running > 0)
            {
                Monitor.Wait(_lock);
            }
        }
    }

    /// <summary>From now on they run on threads again.</summary>
    public void GiveBack()
    {
        IRunnable[] left;
        lock (_lock)
        {
            _onThreads = true;
            left = [.. _ready];
            _ready.Clear();
        }

        Array.ForEach(left, Add);
    }

    /// <summary>Takes the thread's context away: xUnit's has what follows a task done on another thread.</summary>
    public static void OnThisThread() => SynchronizationContext.SetSynchronizationContext(null);

    /// <summary>Lets one turn happen.</summary>
    /// <returns>False if there was none.</returns>
    public bool Step()
    {
        OnThisThread();
        IRunnable turn;
        lock (_lock)
        {
            if (_ready.Count == 0)
            {
                return false;
            }

            var next = Chance?.Next(_ready.Count) ?? 0;
            turn = _ready[next];
            _ready.RemoveAt(next);
        }

        turn.Run();
        return true;
    }
}

internal sealed class TurnsDispatcher : MessageDispatcher
{
    private readonly Turns _turns;

    public TurnsDispatcher(MessageDispatcherConfigurator configurator, string id, Turns turns)
        : base(configurator)
    {
        _turns = turns;
        Id = id;
        Throughput = 1;
        ThroughputDeadlineTime = 0;
    }

    protected override void ExecuteTask(IRunnable run) => _turns.Add(run);

    protected override void Shutdown()
    {
    }
}

/// <summary>Named as a dispatcher's type.</summary>
internal sealed class TurnsDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : MessageDispatcherConfigurator(config, prerequisites)
{
    private TurnsDispatcher? _dispatcher;

    public static Config For(params string[] dispatchers) => ConfigurationFactory.ParseString(
        string.Concat(dispatchers.Select(name => $"{name}.type = \"{typeof(TurnsDispatcherConfigurator).AssemblyQualifiedName}\"\n")));

    public override MessageDispatcher Dispatcher() =>
        _dispatcher ??= new TurnsDispatcher(this, Config.GetString("id"), Prerequisites.Settings.Setup.Get<Turns>().Value);
}
