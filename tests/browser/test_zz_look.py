import io, random
import pytest
from PIL import Image, ImageDraw
from django.core.files.base import ContentFile
from django.urls import reverse
from library.models import Suggestion
from processing.models import Thumbnail, Storyboard
from tests.library.factories import *
from tests.people.factories import *
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
def pic(w,h,seed):
    r=random.Random(seed); c=tuple(r.randrange(30,200) for _ in range(3)); im=Image.new("RGB",(w,h),tuple(x//3 for x in c)); d=ImageDraw.Draw(im); x,y=r.randrange(w),r.randrange(h); d.ellipse((x-w//6,y-w//6,x+w//6,y+w//6),fill=c); return im
def save(field,name,im):
    b=io.BytesIO(); im.save(b,"WEBP"); field.save(name,ContentFile(b.getvalue()),save=False)
def test_look(open_page):
    folder=make_folder(name="Disk 2"); ana=make_creator(name="Ana Reyes"); mo=make_creator(name="Mo Tan"); st=make_studio(name="Studio Northlight"); tag=make_tag(name="interview")
    for n in range(1,41):
        sub = "Northlight/Ana Reyes" if n%3 else "Holiday 2019/Lisbon with a rather long folder name"
        f=make_file(folder=folder,relative_path=f"{sub}/2021-05-{n%28+1:02} studio session take {n}.mp4",container="mp4",video_codec="h264",duration_seconds=2302+n,width=1920,height=1080, phash=(n//4)*0x0f0f0f0f0f)
        f.video.title=f"Studio session take {n}"; f.video.save()
        t=Thumbnail(file=f,input_key="x",small_width=320,small_height=180,large_width=960,large_height=540,time_seconds=5)
        save(t.small,f"s{n}.webp",pic(320,180,n)); save(t.large,f"l{n}.webp",pic(960,540,n)); t.save()
        sheet=Image.new("RGB",(160*6,90*6))
        for i in range(36): sheet.paste(pic(160,90,n*100+i),((i%6)*160,(i//6)*90))
        s=Storyboard(file=f,input_key="x",tile_width=160,tile_height=90,tile_count=36,columns=6,rows=6,interval_seconds=64)
        save(s.sprite,f"b{n}.webp",sheet); s.vtt.save(f"b{n}.vtt",ContentFile(b"WEBVTT"),save=False); s.save()
        for k,o,c,e in (("creator",ana,.94,{}),("creator",mo,.71,{}),("studio",st,.98,{}),("tag",tag,.62,{})):
            if n%3: Suggestion.objects.create(provider="path",video_id=f.video_id,kind=k,object_id=o.pk,confidence=c,evidence=e)
    for w,h in ((1280,860),(390,844)):
        page=open_page(reverse("triage_queue",args=("without-people",)),width=w,height=h,allowed=".")
        page.wait_for_timeout(1500); page.screenshot(path=f"/tmp/look-single-{w}.png",full_page=(w<600))
        page.keyboard.press("Enter"); page.wait_for_timeout(300); page.keyboard.press("Enter"); page.wait_for_timeout(1500); page.keyboard.press("1"); page.wait_for_timeout(800); page.keyboard.press("c"); page.keyboard.type("an"); page.wait_for_timeout(800); page.screenshot(path=f"/tmp/look-single2-{w}.png")
        page.keyboard.press("Escape"); page.keyboard.press("?"); page.wait_for_timeout(300); page.screenshot(path=f"/tmp/look-help-{w}.png")
        page.goto(reverse("triage_grid",args=("without-people",))); page.wait_for_timeout(1500); page.keyboard.press("g"); page.wait_for_timeout(300); page.screenshot(path=f"/tmp/look-grid-{w}.png")
        page.goto(reverse("triage")); page.wait_for_timeout(1200); page.screenshot(path=f"/tmp/look-queues-{w}.png")
        page.goto(reverse("triage_pace")); page.wait_for_timeout(800); page.screenshot(path=f"/tmp/look-pace-{w}.png",full_page=(w<600))
        page.goto(reverse("triage_queue",args=("missing",))); page.wait_for_timeout(800); page.screenshot(path=f"/tmp/look-none-{w}.png")
        page.goto(reverse("triage_grid",args=("missing",))); page.wait_for_timeout(800); page.screenshot(path=f"/tmp/look-gridnone-{w}.png")
