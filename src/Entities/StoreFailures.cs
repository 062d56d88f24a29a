using Runner.Entities.Store;
using Runner.Messages;

namespace Runner.Entities;

/// <summary>What a caller is told when its command could not be made durable.</summary>
public static class StoreFailures
{
    public static Refusal Refusal(Exception failure) => failure switch
    {
        StoreFullException full => new StoreIsFull(full.Message),
        StoreException store => new StoreNotAvailable(store.Message),
        _ => new StoreNotAvailable(
            $"The node could not carry out the command ({failure.Message}). Its log has the details; sending the command again is safe."),
    };
}
