"""Which kinds of files FFmpeg may read."""

# Demuxers of files that people keep videos and recordings in. Playlists (hls, dash, concat, image sequences) are
# left out on purpose: a text file named .mp4 could make FFmpeg read other files or addresses.
DEMUXERS = (
    "aac,ac3,aiff,asf,av1,avi,avs,cavsvideo,dirac,dnxhd,dts,dv,dvbsub,eac3,ffmetadata,flac,flv,gif,gxf,h261,h263,h264,"
    "hevc,ivf,kux,live_flv,lxf,m4v,matroska,mjpeg,mov,mp3,mpeg,mpegts,mpegvideo,mtv,mv,mxf,nsv,nut,nuv,obu,ogg,pmp,"
    "r3d,rm,roq,rpl,smk,swf,thp,truehd,tta,vc1,vc1test,vivo,viv,vvc,wav,webm,wtv,wv,xmv,xwma,y4m,yop,yuv4mpegpipe"
)
