using Runner.Actors.Scheduling;

namespace Runner.Actors.Tests.Scheduling;

public class ZoneTimelineTests
{
    [Fact]
    public void Stretches_agree_with_the_zone_at_every_quarter_of_an_hour()
    {
        foreach (var zone in Zones.Unusual.Select(Zones.Zone))
        {
            var timeline = ZoneTimeline.Of(zone);
            var stretch = timeline.At(new DateTime(2009, 1, 1).Ticks);
            for (var at = new DateTime(2009, 1, 1, 0, 0, 0, DateTimeKind.Utc); at.Year < 2019; at = at.AddMinutes(15))
            {
                stretch = at.Ticks < stretch.End ? stretch : timeline.At(at.Ticks);
                Assert.True(stretch.Start <= at.Ticks && at.Ticks < stretch.End);
                Assert.Equal(zone.GetUtcOffset(at).Ticks, stretch.Offset);
            }
        }
    }

    [Fact]
    public void Schedules_of_a_zone_share_its_timeline() =>
        Assert.Same(ZoneTimeline.Of(Zones.Zone("Europe/Berlin")), ZoneTimeline.Of(Zones.Zone("Europe/Berlin")));
}
