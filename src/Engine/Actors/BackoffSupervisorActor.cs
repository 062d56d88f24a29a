namespace Runner.Engine.Actors;

internal sealed class BackoffSupervisorActor : ReceiveActor
{
    private readonly Props _childProps;
    private readonly string _childName;
    private readonly BackoffOptions _options;
    private readonly BackoffMode _mode;
    private readonly SupervisorStrategy _strategy;
    private IActorRef? _child;
    private bool _childFailed;
    private int _restarts;

    public BackoffSupervisorActor(Props childProps, string childName, BackoffOptions options, BackoffMode mode)
    {
        _childProps = childProps;
        _childName = childName;
        _options = options;
        _mode = mode;
        _strategy = mode == BackoffMode.OnFailure ? new OneForOneStrategy(decider: OnFailure) : SupervisorStrategy.Default;
        Receive<StartChild>(_ => Start());
        Receive<Reset>(_ => _restarts = 0);
        Receive<Terminated>(_ => OnChildStopped(), message => message.ActorRef.Equals(_child));
        Receive<BackoffSupervisor.GetCurrentChild>(_ => Sender.Tell(new BackoffSupervisor.CurrentChild(_child), Self));
        Receive<BackoffSupervisor.GetRestartCount>(_ => Sender.Tell(new BackoffSupervisor.RestartCount(_restarts), Self));
        ReceiveAny(Relay);
    }

    protected override SupervisorStrategy SupervisorStrategy => _strategy;

    protected override void PreStart() => Start();

    private Directive OnFailure(Exception cause)
    {
        // An actor that cannot start gets its pause as well: what it needs may come back.
        var directive = cause is ActorInitializationException ? Directive.Restart : SupervisorStrategy.DefaultDecider(cause);
        if (directive != Directive.Restart)
        {
            return directive;
        }

        _childFailed = true;
        return Directive.Stop;
    }

    private void Start()
    {
        _childFailed = false;
        _child = Context.ActorOf(_childProps, _childName);
        Context.Watch(_child);
        Context.Timers.StartSingleTimer(Reset.Instance, Reset.Instance, _options.AutoReset ?? _options.Min);
    }

    private void OnChildStopped()
    {
        _child = null;
        Context.Timers.Cancel(Reset.Instance);
        if (_mode == BackoffMode.OnFailure && !_childFailed)
        {
            Context.Stop(Self);
            return;
        }

        var delay = _options.Delay(_restarts, Context.System.Runtime.Random.NextDouble());
        _restarts++;
        Context.Timers.StartSingleTimer(StartChild.Instance, StartChild.Instance, delay);
    }

    private void Relay(object message)
    {
        if (_child is not null && Sender.Equals(_child))
        {
            Context.Parent.Tell(message, Self);
        }
        else
        {
            (_child ?? Context.System.DeadLetters).Forward(message, Context);
        }
    }

    private sealed class StartChild
    {
        public static readonly StartChild Instance = new();
    }

    private sealed class Reset : INotInfluenceReceiveTimeout
    {
        public static readonly Reset Instance = new();
    }
}
