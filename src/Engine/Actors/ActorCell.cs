using Runner.Engine.Clock;

namespace Runner.Engine.Actors;

/// <summary>
/// One actor: its address, context, mailbox and unit of work in a single object. This part is the mailbox and the turn.
/// </summary>
/// <remarks>
/// The mailbox is one field. <see cref="Idle"/>: no turn is queued. Null or a list (newest first): a turn is queued or running, and
/// will see the list. <see cref="Dead"/>: stopped. Whoever moves it off Idle queues the turn; only the turn moves it back. All other
/// state belongs to the turn.
/// </remarks>
internal sealed partial class ActorCell : IInternalRef, IActorContext, IThreadPoolWorkItem, ILogged
{
    private static readonly Envelope Idle = new(new object(), null);
    private static readonly Envelope Dead = new(new object(), null);
    private static readonly SystemMessage DeadSystem = new(SystemMessageKind.Terminate);

    [ThreadStatic]
    private static ActorCell? t_underConstruction;

    private readonly ActorSystem _system;
    private readonly ActorCell? _parent;
    private readonly Props _props;
    private readonly string _name;

    private Envelope? _head; // Null at first: the creating turn is queued by Schedule.
    private SystemMessage? _systemHead;
    private Envelope? _batch; // Taken from the mailbox, oldest first.
    private Envelope? _current;
    private ActorBase? _actor;
    private CellExtras? _extras;
    private Serilog.Core.ILogEventEnricher? _lastWords; // What letters to the dead are logged with.
    private int _suspendCount;
    private bool _started;
    private bool _terminated;

    public ActorCell(ActorSystem system, ActorCell? parent, Props props, string name)
    {
        _system = system;
        _parent = parent;
        _props = props;
        _name = name;
    }

    /// <summary>The cell whose actor is being constructed on this thread.</summary>
    public static ActorCell? UnderConstruction => t_underConstruction;

    public string Name => _name;

    public string Path => $"{_parent?.Path}/{_name}";

    public ActorSystem ActorSystem => _system;

    public IActorRef CurrentSender => _current?.Sender ?? _system.DeadLetters;

    /// <summary>The system's log, with what the actor says of itself. For its own turn, and for its parent's while it is suspended by a failure.</summary>
    internal Serilog.ILogger Log => _actor?.AroundLogContext is { } context ? _system.Log.ForContext(context) : _system.Log;

    /// <summary>What the actor said of itself when it stopped. From any thread.</summary>
    Serilog.Core.ILogEventEnricher? ILogged.LogContext => _lastWords;

    internal Envelope? CurrentEnvelope => _current;

    internal int StashCapacity => _props.StashCapacity;

    private CellExtras Extras => _extras ??= new CellExtras();

    public void Tell(object message, IActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        var envelope = new Envelope(message, sender);
        while (true)
        {
            var head = Volatile.Read(ref _head);
            if (head == Dead)
            {
                _system.PublishDeadLetter(message, sender, this);
                return;
            }

            envelope.Next = head == Idle ? null : head;
            if (Interlocked.CompareExchange(ref _head, envelope, head) == head)
            {
                if (head == Idle)
                {
                    Schedule();
                }

                return;
            }
        }
    }

    public void SendSystem(SystemMessage message)
    {
        SystemMessage? head;
        do
        {
            head = Volatile.Read(ref _systemHead);
            if (head == DeadSystem)
            {
                AnswerAsDead(message);
                return;
            }

            message.Next = head;
        }
        while (Interlocked.CompareExchange(ref _systemHead, message, head) != head);

        TryLeaveIdle();
    }

    public void Schedule() => _system.Runtime.Dispatcher.Execute(this);

    void IThreadPoolWorkItem.Execute()
    {
        if (!_started)
        {
            _started = true;
            CreateActor();
        }

        int budget = _system.Throughput;
        while (true)
        {
            if (Volatile.Read(ref _systemHead) is not null)
            {
                RunSystemMessages();
            }

            if (_terminated)
            {
                return;
            }

            if (NextEnvelope() is not { } envelope)
            {
                if (TryGoIdle())
                {
                    return;
                }
            }
            else
            {
                Invoke(envelope);
                if (--budget == 0)
                {
                    EndTurn();
                    return;
                }
            }
        }
    }

    private void EndTurn()
    {
        bool empty = _batch is null && Volatile.Read(ref _head) is null && Volatile.Read(ref _systemHead) is null;
        if (!empty || !TryGoIdle())
        {
            Schedule();
        }
    }

    private void RunSystemMessages()
    {
        while (!_terminated && Interlocked.Exchange(ref _systemHead, null) is { } newest)
        {
            for (var message = ReverseSystem(newest); message is not null;)
            {
                var next = message.Next;
                if (_terminated)
                {
                    AnswerAsDead(message);
                }
                else
                {
                    Handle(message);
                }

                message = next;
            }
        }
    }

    private void Invoke(Envelope envelope)
    {
        _current = envelope;
        try
        {
            if (envelope.Message is AutoReceivedMessage auto)
            {
                ReceiveAuto(auto, envelope.Sender);
            }
            else
            {
                _actor!.AroundReceive(envelope.Message);
                NoteActivity(envelope.Message);
            }
        }
        catch (Exception e)
        {
            Fail(e, null, []);
        }

        _current = null;
    }
}
