using Akka.Actor;
using Runner.Actors.Members;
using Runner.Actors.Nodes;
using Runner.Actors.Wire;
using Runner.Entities;
using Runner.Persistence.Journal;
using Runner.Simulation.Runtime;
using Serilog;

namespace Runner.Simulation.Cluster;

/// <summary>
/// One life of a node of a cluster: its actor system, and what it believes of the others. A cluster that has parted with it never takes it back; its
/// program then begins another.
/// </summary>
internal sealed class ClusterLife : INodePeers
{
    private static readonly Akka.Configuration.Config s_config = EntityJournalSetup.StoreConfig();

    private readonly HashSet<ClusterLife> _gone = [];
    private readonly List<ClusterLife> _known = [];
    private readonly IActorRef _node;
    private NodeHere? _said;
    private bool _leaves;

    public ClusterLife(NodeProgram program, SimulatedCluster cluster, int number, ILogger log)
    {
        (Program, Cluster, Number) = (program, cluster, number);
        Machine = program.Machine;
        Address = new Address("akka.tcp", "runner", Machine.Name, 4290);
        Turns = program.World.NewNode(() => Machine.ClockOffset);
        // Its program's time: what waits for it outlives the actors.
        var composed = new ComposedNode(program.Store, program.FlowRunner, program.Settings, program.Process.Time, log);
        System = Turns.StartSystem("runner", s_config, new EntityStoreSetup(program.Store, composed.Codec));
        Wire = new WireSerializer((ExtendedActorSystem)System);
        Router = new SimulatedClusterRouter(this, composed.Parts);
        _node = System.ActorOf(NodeHosting.NodeProps(composed.Parts, this), NodeActor.Name);
        Node = composed.Started(System, new NodeSurroundings(Turns.Random.NewGuid, EndSystemAsync, Inline: true));
    }

    public NodeProgram Program { get; }

    public SimulatedCluster Cluster { get; }

    public Machine Machine { get; }

    /// <summary>Its place among the lives of all nodes.</summary>
    public int Number { get; }

    public Address Address { get; }

    /// <summary>What runs of it: its actors.</summary>
    public SimulatedNode Turns { get; }

    public ActorSystem System { get; }

    public WireSerializer Wire { get; }

    public SimulatedClusterRouter Router { get; }

    public RunnerNode Node { get; }

    /// <summary>It has become a member; it may have ceased to be one without knowing.</summary>
    public bool IsUp { get; private set; }

    /// <summary>Its end has begun.</summary>
    public bool Ends { get; private set; }

    /// <summary>Those that it believes to be members, itself among them, the oldest first.</summary>
    public IReadOnlyList<ClusterLife> Known => _known;

    public string Text => $"{Machine.Name} (life {Number})";

    /// <inheritdoc/>
    IEnumerable<ICanTell> INodePeers.All => IsUp && !Ends ? _known.Where(other => other != this).Select(NodeOf).ToArray() : [];

    /// <inheritdoc/>
    bool INodePeers.IsHere(Address address) => _known.Any(other => other.Address == address);

    /// <inheritdoc/>
    object? INodePeers.Read(object message) => null;

    /// <inheritdoc/>
    void INodePeers.Subscribe(IActorRef node)
    {
        // Told of everything.
    }

    /// <inheritdoc/>
    void INodePeers.Unsubscribe(IActorRef node)
    {
        // It has ended with everything else.
    }

    public bool HasHeardGone(ClusterLife other) => _gone.Contains(other);

    /// <summary>Whether it says the same of itself as the last time.</summary>
    public bool SaysAsBefore(NodeHere here)
    {
        var same = here.SaysAs(_said) && here.Running == _said!.Running;
        _said = here;
        return same;
    }

    /// <summary>It is a member, with these.</summary>
    public void ComesUp(IEnumerable<ClusterLife> members)
    {
        IsUp = true;
        _known.AddRange(members);
        foreach (var other in _known.Where(other => other != this))
        {
            _node.Tell(new PeerCame(NodeOf(other)), ActorRefs.NoSender);
        }

        Router.MembersChanged(null);
    }

    public void HearsCame(ClusterLife other)
    {
        if (!_gone.Contains(other) && !_known.Contains(other))
        {
            _known.Add(other);
            _node.Tell(new PeerCame(NodeOf(other)), ActorRefs.NoSender);
        }
    }

    public void HearsGone(ClusterLife other)
    {
        _gone.Add(other);
        if (_known.Remove(other))
        {
            _node.Tell(new PeerGone(other.Address), ActorRefs.NoSender);
            Router.MembersChanged(other);
            Cluster.OnGone?.Invoke(this, other);
        }
    }

    /// <summary>Its actors end; its programs do not.</summary>
    public async Task EndAsync()
    {
        if (!Ends)
        {
            Ends = true;
            await Node.AbandonAsync().ConfigureAwait(false);
        }
    }

    /// <summary>As its program, and all of it, is killed.</summary>
    public void Kill()
    {
        Ends = true;
        Turns.Kill();
    }

    /// <summary>It is about to leave in order.</summary>
    public void Leaves() => _leaves = true;

    private async Task EndSystemAsync(ActorSystem system)
    {
        Ends = true;
        if (_leaves)
        {
            Cluster.Leave(this);
        }

        await Turns.TerminateAsync(system).ConfigureAwait(false);
        Cluster.Ended(this);
        Turns.Kill();
    }

    private RemoteRef NodeOf(ClusterLife other) => new(this, other, other._node);
}
