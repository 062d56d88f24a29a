namespace Runner.Actors.Scheduling;

/// <summary>Finds where the newest so many occurrences begin, at a cost that does not depend on how many came before them.</summary>
internal static class NewestOnes
{
    private static readonly TimeSpan FirstReach = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The instant after which there are <paramref name="count"/> occurrences up to <paramref name="end"/>, or <paramref name="after"/> if there
    /// are no more than that. Slices of doubling length reach back from the end; of the one that holds too many, halves are counted until what is
    /// left of it fits. No slice is counted further than to one too many.
    /// </summary>
    public static DateTimeOffset Start(ISchedule schedule, DateTimeOffset after, DateTimeOffset end, int count)
    {
        var wanted = count;
        var to = end;
        for (var reach = FirstReach.Ticks; to > after && wanted > 0; reach *= 2)
        {
            var from = to.Ticks - after.Ticks > reach ? to.AddTicks(-reach) : after;
            var found = Count(schedule, from, to, wanted);
            if (found > wanted)
            {
                return Divide(schedule, from, to, wanted);
            }

            wanted -= found;
            to = from;
        }

        return to > after ? to : after;
    }

    /// <summary>Where the newest <paramref name="wanted"/> of a slice begin that holds more.</summary>
    private static DateTimeOffset Divide(ISchedule schedule, DateTimeOffset from, DateTimeOffset to, int wanted)
    {
        // The newest «wanted» up to «to» begin after «from»: so it is at first, and stays.
        while (wanted > 0 && to.Ticks - from.Ticks > 1)
        {
            var middle = from.AddTicks((to.Ticks - from.Ticks) / 2);
            var found = Count(schedule, middle, to, wanted);
            if (found > wanted)
            {
                from = middle;
            }
            else
            {
                wanted -= found;
                to = middle;
            }
        }

        return to;
    }

    /// <summary>How many occur after one instant up to another; at most one more than <paramref name="most"/>.</summary>
    private static int Count(ISchedule schedule, DateTimeOffset from, DateTimeOffset to, int most)
    {
        var found = 0;
        for (var next = schedule.Next(from); next <= to && found <= most; next = schedule.Next(next.Value))
        {
            found++;
        }

        return found;
    }
}
