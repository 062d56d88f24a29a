using Akka.Actor;
using Runner.Actors.Members;
using Runner.Actors.Wire;
using Runner.Simulation.Runtime;

namespace Runner.Simulation.Cluster;

/// <summary>
/// What lies between the machines of a cluster, and between them and the database. Messages of one node to another keep their order, are written and
/// read by the wire's serializer, and are lost where the way is closed; some are held up there and arrive when it opens. By seed, for a while, they
/// are lost, doubled and late as well.
/// </summary>
internal sealed class SimulatedNetwork(World world, SimulatedRandom random)
{
    /// <summary>For how long a connection tries again before it gives up what it has.</summary>
    private static readonly TimeSpan HeldUpAtMost = TimeSpan.FromSeconds(8);

    /// <summary>Regions that are wrong about each other send a message to and fro; from so many ways on, less often.</summary>
    private const int QuickWays = 8;
    private static readonly TimeSpan SlowWay = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<(Machine From, Machine? To), int> _closed = [];
    private readonly Dictionary<(ClusterLife From, ClusterLife To), TimeSpan> _lastArrivals = [];
    private readonly List<(Machine From, Machine? To, TimeSpan Since, Action Arrive)> _heldUp = [];

    public SimulatedRandom Random => random;

    /// <summary>How many messages went from one node to another.</summary>
    public long Crossings { get; private set; }

    /// <summary>Whether what one machine sends reaches another one; null is the database.</summary>
    public bool IsOpen(Machine from, Machine? to) => !_closed.ContainsKey((from, to));

    /// <summary>Whether what the database sends reaches a machine.</summary>
    public bool AnswersReach(Machine machine) => !_closed.ContainsKey((machine, machine));

    public bool AreConnected(Machine a, Machine b) => a == b || (IsOpen(a, b) && IsOpen(b, a));

    public bool ReachesDatabase(Machine machine) => IsOpen(machine, null) && AnswersReach(machine);

    /// <summary>Closes a way for a time: from one machine to another, or to the database.</summary>
    public void Close(Machine from, Machine? to, TimeSpan duration)
    {
        _closed[(from, to)] = _closed.GetValueOrDefault((from, to)) + 1;
        world.Schedule(duration, () => Open(from, to));
    }

    /// <summary>Closes the way of the database's answers.</summary>
    public void CloseAnswers(Machine to, TimeSpan duration) => Close(to, to, duration);

    /// <summary>Opens every way.</summary>
    public void Heal()
    {
        _closed.Clear();
        ArriveAll();
    }

    /// <summary>Something that arrives once a way is open again, if that is soon enough.</summary>
    public void HoldUp(Machine from, Machine? to, Action arrive) => _heldUp.Add((from, to, world.Elapsed, arrive));

    /// <summary>Sends a message to an actor of another node.</summary>
    public void Send(ClusterLife from, ClusterLife to, IActorRef target, object message, IActorRef? sender)
    {
        if (!from.Turns.Alive || from.HasHeardGone(to))
        {
            return;
        }

        Crossings++;
        var answer = SenderAt(from, to, sender);
        if (message is NodeHere here && from.SaysAsBefore(here))
        {
            // Of the many that say nothing new: as cheap as can be.
            if (IsOpen(from.Machine, to.Machine))
            {
                Deliver(from, to, target, here, answer);
            }

            return;
        }

        var fate = world.Regions.NextFate($"{from.Machine.Name} to {to.Machine.Name}", message);
        Transmit(from, to, fate, () => Copied(from, to, message), read => Deliver(from, to, target, read, answer));
    }

    /// <summary>
    /// Sends what a region sends on. Only the first of its ways may lose it, double it or be late: what regions that are wrong about each other send
    /// to and fro would double at each of them.
    /// </summary>
    public void Forward(ClusterLife from, ClusterLife to, IActorRef region, Forwarded message, IActorRef? sender)
    {
        if (!from.Turns.Alive || from.HasHeardGone(to))
        {
            return;
        }

        Crossings++;
        var answer = SenderAt(from, to, sender);
        Func<object> read = () => message with { Message = Copied(from, to, message.Message) };
        Action<object> deliver = read => Deliver(from, to, region, read, answer);
        if (message.Ways > QuickWays)
        {
            var slow = read();
            to.Turns.Schedule(SlowWay, () => deliver(slow));
            return;
        }

        var fate = message.Ways == 1
            ? world.Regions.NextFate($"{from.Machine.Name} to {to.Machine.Name}", message.Message)
            : MessageFate.Arrives;
        Transmit(from, to, fate, read, deliver);
    }

    private void Transmit(ClusterLife from, ClusterLife to, MessageFate fate, Func<object> read, Action<object> deliver)
    {
        var message = read();
        switch (fate)
        {
            case MessageFate.Lost:
                break;
            case MessageFate.Late:
                to.Turns.Schedule(world.Regions.NextDelay(), () => deliver(message));
                break;
            case MessageFate.Doubled:
                Carry(from, to, () => deliver(message));
                to.Turns.Schedule(world.Regions.NextDelay(), () => deliver(read()));
                break;
            default:
                Carry(from, to, () => deliver(message));
                break;
        }
    }

    private static IActorRef? SenderAt(ClusterLife from, ClusterLife to, IActorRef? sender) => sender switch
    {
        null => ActorRefs.NoSender,
        RemoteRef other => other.Target == to ? other.Local : new RemoteRef(to, other.Target, other.Local),
        _ when sender.IsNobody() => ActorRefs.NoSender,
        _ => new RemoteRef(to, from, sender),
    };

    private void Carry(ClusterLife from, ClusterLife to, Action arrive)
    {
        if (!IsOpen(from.Machine, to.Machine))
        {
            if (random.Next(2) == 0)
            {
                HoldUp(from.Machine, to.Machine, () => Carry(from, to, arrive));
            }

            return;
        }

        var now = world.Elapsed;
        var at = now + TimeSpan.FromTicks(1000 + random.Next(random.Next(50) == 0 ? 2_000_000 : 20_000));
        var last = _lastArrivals.GetValueOrDefault((from, to));
        at = at > last ? at : last + TimeSpan.FromTicks(1);
        _lastArrivals[(from, to)] = at;
        to.Turns.Schedule(at - now, arrive);
    }

    private static void Deliver(ClusterLife from, ClusterLife to, IActorRef target, object message, IActorRef? answer)
    {
        // Who was parted with is not listened to any more.
        if (to.Turns.Alive && !to.HasHeardGone(from))
        {
            target.Tell(message, answer);
        }
    }

    /// <summary>What the other node reads.</summary>
    private object Copied(ClusterLife from, ClusterLife to, object message)
    {
        try
        {
            var manifest = from.Wire.Manifest(message);
            return to.Wire.FromBinary(from.Wire.ToBinary(message), manifest);
        }
        catch (Exception e) when (e is Wire.WireException or ArgumentException or InvalidOperationException)
        {
            world.Fail("what goes to another node can be written and read", e.ToString());
            return message;
        }
    }

    private void Open(Machine from, Machine? to)
    {
        if (_closed.TryGetValue((from, to), out var times) && times > 1)
        {
            _closed[(from, to)] = times - 1;
            return;
        }

        if (_closed.Remove((from, to)))
        {
            ArriveAll();
        }
    }

    private void ArriveAll()
    {
        foreach (var held in _heldUp.Where(held => IsOpen(held.From, held.To)).ToArray())
        {
            _heldUp.Remove(held);
            if (world.Elapsed - held.Since < HeldUpAtMost)
            {
                held.Arrive();
            }
        }
    }
}

/// <summary>An actor of another node, as a node's actors have it.</summary>
internal sealed class RemoteRef(ClusterLife viewer, ClusterLife target, IActorRef local) : MinimalActorRef
{
    private ActorPath? _path;

    public ClusterLife Target => target;

    /// <summary>It as its own node has it.</summary>
    public IActorRef Local => local;

    /// <inheritdoc/>
    public override ActorPath Path => _path ??= (new RootActorPath(target.Address) / local.Path.Elements).WithUid(local.Path.Uid);

    /// <inheritdoc/>
    public override IActorRefProvider Provider => ((ExtendedActorSystem)viewer.System).Provider;

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender) => viewer.Cluster.Network.Send(viewer, target, local, message, sender);
}
