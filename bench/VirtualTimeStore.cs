using Runner.Entities.Store;
using Runner.Simulation.Runtime;

namespace Runner.Bench;

/// <summary>
/// A real store under virtual time: what is asked for is done at once, on the one thread of the world, and answered a virtual millisecond later.
/// </summary>
internal sealed class VirtualTimeStore(IEntityStore store, SimulatedNode machine) : ForwardingStore(store)
{
    private static readonly TimeSpan AnswerAfter = TimeSpan.FromMilliseconds(1);

    protected override Task<T> Answer<T>(Task<T> asked)
    {
        var result = asked.GetAwaiter().GetResult();
        var answer = new TaskCompletionSource<T>();
        machine.Schedule(AnswerAfter, () => answer.SetResult(result));
        return answer.Task;
    }
}
