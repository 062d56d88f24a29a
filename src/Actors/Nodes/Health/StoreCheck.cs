using Runner.Entities.Store;
using Runner.Messages.Nodes;

namespace Runner.Actors.Nodes.Health;

/// <summary>Whether the store takes commits and answers.</summary>
internal sealed class StoreCheck(IEntityStore store) : IHealthCheck
{
    public async Task<HealthCheck> CheckAsync(CancellationToken cancel)
    {
        try
        {
            await store.PingAsync().ConfigureAwait(false);
            return new HealthCheck("store", true, "The store answers.");
        }
        catch (StoreException e)
        {
            return new HealthCheck("store", false, e.Message);
        }
    }
}
