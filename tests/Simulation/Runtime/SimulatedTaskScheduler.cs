using Akka.Dispatch;

namespace Runner.Simulation.Runtime;

/// <summary>Where a system's own tasks run (those that end it): in the world's turns.</summary>
internal sealed class SimulatedTaskScheduler(SimulatedNode node) : TaskScheduler
{
    /// <summary>Called after each task, when none is running any more: what goes on inside of one goes on on the thread pool.</summary>
    public Action? HasRun { get; set; }

    public override int MaximumConcurrencyLevel => 1;

    protected override void QueueTask(Task task)
    {
        node.World.Guard();
        if (node.Alive)
        {
            node.World.Enqueue(node, new Turn(this, task));
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued)
    {
        node.World.Guard();
        return node.Alive && !taskWasPreviouslyQueued && TryExecuteTask(task);
    }

    protected override IEnumerable<Task>? GetScheduledTasks() => null;

    private sealed class Turn(SimulatedTaskScheduler scheduler, Task task) : IRunnable
    {
        public void Run()
        {
            scheduler.TryExecuteTask(task);
            scheduler.HasRun?.Invoke();
        }

        public void Execute() => Run();
    }
}
