using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;

namespace Runner.Simulation.Runtime;

/// <summary>Puts the runs of mailboxes into the world's list of ready work.</summary>
internal sealed class SimulatedDispatcher : MessageDispatcher
{
    private readonly SimulatedNode _node;
    private ActorPath? _bySystemMessage;

    public SimulatedDispatcher(MessageDispatcherConfigurator configurator, string id, SimulatedNode node)
        : base(configurator)
    {
        _node = node;
        Id = id;
        Throughput = 1;
        // A mailbox with a throughput of 1 handles two messages a turn, unless its time is over after the first.
        ThroughputDeadlineTime = 0;
    }

    public override void Dispatch(ActorCell cell, Envelope envelope)
    {
        _node.World.Guard();
        if (_node.Alive)
        {
            base.Dispatch(cell, envelope);
        }
    }

    public override void SystemDispatch(ActorCell cell, SystemMessage message)
    {
        _node.World.Guard();
        if (!_node.Alive)
        {
            return;
        }

        _bySystemMessage = cell.Self.Path;
        base.SystemDispatch(cell, message);
        _bySystemMessage = null;
    }

    protected override void ExecuteTask(IRunnable run)
    {
        _node.World.Guard();
        if (!_node.Alive)
        {
            return;
        }

        if (_bySystemMessage is { } path)
        {
            _node.World.EnqueueBySystemMessage(_node, run, path);
        }
        else
        {
            _node.World.Enqueue(_node, run);
        }
    }

    protected override void Shutdown()
    {
        // It holds no threads.
    }
}

/// <summary>Makes a <see cref="SimulatedDispatcher"/>; named as a dispatcher's <c>type</c>.</summary>
internal sealed class SimulatedDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly SimulatedDispatcher _dispatcher;

    public SimulatedDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : base(config, prerequisites)
    {
        var scheduler = (SimulatedScheduler)prerequisites.Scheduler;
        _dispatcher = new SimulatedDispatcher(this, Config.GetString("id"), scheduler.Node);
    }

    public override MessageDispatcher Dispatcher() => _dispatcher;
}
