using System.Diagnostics;

namespace Writ.Protocol.Tests.Requests;

/// <summary>W3C Trace Context, of the kind that strangers send.</summary>
public sealed class TraceContextTests
{
    private const string Good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void Good_parent_is_read()
    {
        var context = TraceContext.Read([Good], ["a=1,b@c=2"]);

        Assert.Equal("0af7651916cd43dd8448eb211c80319c", context.TraceId.ToHexString());
        Assert.Equal("b7ad6b7169203331", context.SpanId.ToHexString());
        Assert.Equal(ActivityTraceFlags.Recorded, context.TraceFlags);
        Assert.Equal("a=1,b@c=2", context.TraceState);
        Assert.True(context.IsRemote);
    }

    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", ActivityTraceFlags.None)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fe", ActivityTraceFlags.None)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff", ActivityTraceFlags.Recorded)]
    [InlineData("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ActivityTraceFlags.Recorded)] // §4.3
    [InlineData("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-may-come", ActivityTraceFlags.Recorded)]
    public void Only_the_flag_that_is_known_counts_and_a_later_version_is_read_as_far_as_it_is_known(
        string parent, ActivityTraceFlags flags)
    {
        var context = TraceContext.Read([parent], []);

        Assert.Equal((flags, true), (context.TraceFlags, context.TraceId != default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")] // the version that there will never be
    [InlineData("0A-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")] // version 00 ends there
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.")]
    [InlineData("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1")]
    [InlineData(" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c8031９c-b7ad6b7169203331-01")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlc2lnbmF0dXJl")]
    public void Parent_that_does_not_fit_is_as_if_it_had_not_come(string parent) =>
        Assert.Equal(default, TraceContext.Read([parent], ["a=1"]));

    [Fact]
    public void Two_parents_are_none()
    {
        Assert.Equal(default, TraceContext.Read([Good, Good], []));
        Assert.Equal(default, TraceContext.Read([], []));
        Assert.Equal(default, TraceContext.Read([null], []));
    }

    [Theory]
    [InlineData("a=1", "a=1")]
    [InlineData(" a=1 , ,\tb=2 ", "a=1,b=2")]
    [InlineData("0tenant@sys=with spaces inside", "0tenant@sys=with spaces inside")]
    [InlineData("", null)]
    [InlineData("a", null)]
    [InlineData("=1", null)]
    [InlineData("a=", null)]
    [InlineData("a=1=2", null)]
    [InlineData("A=1", null)]
    [InlineData("1a=1", null)]
    [InlineData("@b=1", null)]
    [InlineData("a@=1", null)]
    [InlineData("a@1=1", null)]
    [InlineData("a@b@c=1", null)]
    [InlineData("a=1,a=2", null)]
    [InlineData("a=1,b=\u0001", null)]
    [InlineData("a=1,b=ü", null)]
    [InlineData("a=1\r\nx: y", null)]
    public void State_is_kept_whole_or_not_at_all(string state, string? kept) =>
        Assert.Equal(kept, TraceContext.Read([Good], [state]).TraceState);

    [Fact]
    public void State_is_bounded()
    {
        var members = Enumerable.Range(0, 33).Select(i => $"k{i}=v").ToArray();

        Assert.NotNull(TraceContext.Read([Good], members[..32]).TraceState);
        Assert.Null(TraceContext.Read([Good], members).TraceState);
        Assert.Null(TraceContext.Read([Good], ["a=" + new string('x', 257)]).TraceState);
        Assert.Null(TraceContext.Read([Good], [$"a={new string('x', 250)}", $"b={new string('x', 250)}", "c=xxxxx"])
            .TraceState);
        Assert.NotNull(TraceContext.Read([Good], [$"{new string('a', 256)}=1"]).TraceState);
        Assert.Null(TraceContext.Read([Good], [$"{new string('a', 257)}=1"]).TraceState);
    }
}
